"""A daemon whose browser is replaced while clients watch: they see nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryptostream.records import Phase, Status, Tick
from cryptostream.wire.effects import Gap
from tests.integration.conftest import PATIENCE, Market, cmdline, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.client.blocking import Client
    from cryptostream.client.inbox import Item

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.usefixtures("no_orphans")]

SYMBOLS = {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "BINANCE:SOLUSDT"}


def test_a_stream_has_no_gap_when_its_browser_is_replaced(start: Callable[..., Market]) -> None:
    market = start(browsers__recycle_after=8.0, sim__rate=20.0)
    seen: list[Item] = []
    with market.client() as cs:
        cs.subscribe(*SYMBOLS)
        wait_for(cs, seen, lambda: True)
        old = market.chromiums()
        wait_for(cs, seen, lambda: not any(cmdline(pid) for pid in old))

    assert not [item for item in seen if isinstance(item, Gap)]
    assert all(item.simulated for item in seen if isinstance(item, (Tick, Status)))
    for symbol in SYMBOLS:
        ticks = [item for item in seen if isinstance(item, Tick) and item.symbol == symbol]
        assert [tick.seq for tick in ticks] == list(range(ticks[0].seq, ticks[0].seq + len(ticks)))
        assert all(tick.bid is not None for tick in ticks[20:])
        phases = [item.phase for item in seen if isinstance(item, Status) and item.symbol == symbol]
        live = phases.index(Phase.LIVE)
        assert set(phases[live:]) == {Phase.LIVE}


def wait_for(cs: Client, seen: list[Item], condition: Callable[[], bool]) -> None:
    """Keep what comes until each ticker has told a price while the condition held."""
    fresh: set[str] = set()
    for item in cs.events(PATIENCE):
        seen.append(item)
        if isinstance(item, Tick) and condition():
            fresh.add(item.symbol)
        if fresh == SYMBOLS:
            return
    raise AssertionError(f"only {fresh} went on")


def test_a_daemon_is_stopped_while_its_browser_is_replaced(start: Callable[..., Market]) -> None:
    market = start(browsers__recycle_after=3.0)
    with market.client() as cs:
        cs.subscribe(*SYMBOLS)
        market.set_fault("slow_load", seconds=30.0)
        first = market.chromium()
        eventually(lambda: len(market.chromiums()) == 2, PATIENCE)
        both = market.chromiums()

    market.daemon.stop()

    assert first in both
    eventually(lambda: not any(cmdline(pid) for pid in both), PATIENCE)
