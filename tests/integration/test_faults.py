"""Whatever breaks: the rest goes on, the status says it, and everything comes back by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from cryptostream.records import DataState, Phase, Tick
from cryptostream.wire.effects import Gap
from cryptostream.wire.messages import Subscribe
from tests.integration.conftest import answered, eventually, next_item, status_of, tick_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.usefixtures("no_orphans")]


def both_live(cs) -> None:
    cs.subscribe("BTCUSDT", "ETHUSDT")
    next_item(cs, tick_of("BTCUSDT"))
    next_item(cs, tick_of("ETHUSDT"))


def test_a_page_crash_is_told_and_heals_while_the_neighbour_streams_on(
    start: Callable[..., Market],
) -> None:
    market = start()
    with market.client() as cs:
        both_live(cs)

        market.set_fault("crash_page", "BINANCE:BTCUSDT")

        fallen = next_item(cs, status_of("BTCUSDT", phase=Phase.RETRYING))
        assert fallen.code == "crashed"
        assert fallen.data is DataState.SUSPECT
        next_item(cs, tick_of("ETHUSDT"))
        next_item(cs, status_of("BTCUSDT", phase=Phase.LIVE))
        next_item(cs, tick_of("BTCUSDT"))
        assert not cs.gaps


@pytest.mark.parametrize("victim", ["chromium", "browser process"])
def test_a_killed_browser_is_told_and_replaced(start: Callable[..., Market], victim: str) -> None:
    market = start()
    with market.client() as cs:
        both_live(cs)

        if victim == "chromium":
            os.kill(market.chromium(), signal.SIGKILL)
        else:
            market.kill("browser-0")

        next_item(cs, status_of("BTCUSDT", phase=Phase.RETRYING))
        next_item(cs, status_of("BTCUSDT", phase=Phase.LIVE))
        next_item(cs, tick_of("ETHUSDT"))
        assert cs.status["BINANCE:ETHUSDT"].phase is Phase.LIVE
        next_item(cs, tick_of("BTCUSDT"))


def test_a_killed_router_comes_back_and_the_clients_tell_the_gap(
    start: Callable[..., Market],
) -> None:
    market = start()
    with market.client() as cs:
        both_live(cs)
        pages = set(market.renderers())

        market.kill("router")

        gap = next_item(cs, lambda item: isinstance(item, Gap) and "tick/" in item.topic)
        assert gap.reason == "new_epoch"
        tick = next_item(cs, tick_of("BTCUSDT"))
        assert tick.epoch > gap.epoch
        next_item(cs, tick_of("ETHUSDT"))
        # The pages were taken over, not loaded again.
        assert pages <= set(market.renderers())


def test_the_status_tells_which_process_was_replaced_and_why(start: Callable[..., Market]) -> None:
    market = start()
    with market.client() as cs:
        both_live(cs)

        def process(name: str) -> dict[str, Any]:
            rows = {row["name"]: row for row in cs.daemon_status()["processes"]}
            return rows.get(name, {"restarts": -1, "processes": 0, "state": ""})

        assert cs.daemon_status()["faults"] == []
        first = process("router")["pid"]
        eventually(lambda: process("browser-0")["processes"] > len(market.renderers()))
        assert process("browser-0")["memory"] > 2 * process("router")["memory"]

        market.kill("router")

        next_item(cs, lambda item: isinstance(item, Gap) and "tick/" in item.topic)
        eventually(lambda: process("router")["restarts"] == 1)
        eventually(lambda: process("router")["state"] == "running")
        assert process("router")["pid"] not in {first, None}
        (fault,) = cs.daemon_status()["faults"]
        assert (fault["name"], fault["what"]) == ("router", "failed")
        assert "SIGKILL" in fault["text"]


def test_a_hung_router_is_replaced(start: Callable[..., Market]) -> None:
    market = start(supervision__heartbeat_timeout=2.0)
    with market.client() as cs:
        both_live(cs)

        os.kill(market.pid("router"), signal.SIGSTOP)

        next_item(cs, lambda item: isinstance(item, Gap) and "tick/BIN" in item.topic)
        next_item(cs, tick_of("ETHUSDT"))


def test_pages_of_a_killed_client_close_after_its_lease(
    start: Callable[..., Market],
) -> None:
    market = start()
    program = textwrap.dedent(f"""
        from cryptostream.client import connect
        with connect({market.daemon.control!r}, {market.daemon.data!r}) as cs:
            for tick in cs.stream("SOLUSDT"):
                print(tick.symbol, flush=True)
    """)
    with market.client() as cs:
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            assert child.stdout.readline()
            assert [row["symbol"] for row in cs.tickers()] == ["BINANCE:SOLUSDT"]
            opened = set(market.renderers())

            child.kill()

        eventually(lambda: not cs.tickers())
        eventually(lambda: opened - set(market.renderers()))


def test_a_ticker_kept_open_survives_a_restart_of_the_router(
    start: Callable[..., Market],
) -> None:
    market = start()
    with market.client() as cs:
        cs.on_behalf_of("operator", Subscribe(tickers=["ETHUSDT"]))
        epoch = cs.daemon_status()["epoch"]

        market.kill("router")

        eventually(lambda: answered(cs).get("epoch", epoch) > epoch)
        assert [row["symbol"] for row in cs.tickers()] == ["BINANCE:ETHUSDT"]


@pytest.mark.parametrize(
    ("fault", "phase", "code"),
    [
        ("freeze", Phase.STALE, "silent"),
        ("freeze_dom", Phase.STALE, "dom_frozen"),
        ("hang_page", Phase.STALE, "page_hung"),
    ],
)
def test_a_price_that_is_not_certain_is_told_to_be_suspect(
    start: Callable[..., Market], fault: str, phase: Phase, code: str
) -> None:
    market = start(sources__tradingview__stale_after=6.0)
    with market.client() as cs:
        both_live(cs)
        for _ in range(20):  # its rhythm has to be known before silence means something
            next_item(cs, tick_of("ETHUSDT"))

        market.set_fault(fault, "BINANCE:ETHUSDT")

        # On a busy machine the silence may be noticed before its cause.
        status = next_item(cs, status_of("ETHUSDT", phase=phase, code=code))
        assert status.data is DataState.SUSPECT
        next_item(cs, tick_of("BTCUSDT"))
        if fault != "hang_page":
            market.clear_faults()
            next_item(cs, status_of("ETHUSDT", phase=Phase.LIVE))
            next_item(cs, tick_of("ETHUSDT"))


@pytest.mark.parametrize(
    ("fault", "code", "phase"),
    [
        ("never_fills", "no_price", Phase.RETRYING),
        ("wrong_symbol", "wrong_symbol", Phase.RETRYING),
        ("not_found", "not_found", Phase.INVALID),
        ("challenge", "blocked", Phase.RETRYING),
        ("status_429", "blocked", Phase.RETRYING),
        ("dash", "unreadable_price", Phase.RETRYING),
        ("symbol_error", "symbol_error", Phase.RETRYING),
    ],
)
def test_a_page_without_a_right_price_publishes_nothing_and_says_why(
    start: Callable[..., Market], fault: str, code: str, phase: Phase
) -> None:
    market = start(sources__tradingview__value_timeout=3.0)
    market.set_fault(fault, "BINANCE:SOLUSDT")
    with market.client() as cs:
        cs.subscribe("SOLUSDT", "BTCUSDT")

        status = next_item(
            cs, lambda item: tick_of("SOLUSDT")(item) or status_of("SOLUSDT", phase=phase)(item)
        )

        assert not isinstance(status, Tick)
        assert status.code == code
        if fault not in ("challenge", "status_429"):  # those hold the whole host
            next_item(cs, tick_of("BTCUSDT"))


def test_a_hung_page_is_replaced_and_its_renderer_ends(start: Callable[..., Market]) -> None:
    # Replaced only after the vigil has had its 5 s to find out that it hangs.
    market = start(sources__tradingview__stale_after=2.0, sources__tradingview__reload_after=12.0)
    with market.client() as cs:
        both_live(cs)
        before = set(market.renderers())

        market.set_fault("hang_page", "BINANCE:ETHUSDT")
        next_item(cs, status_of("ETHUSDT", phase=Phase.STALE, code="page_hung"))
        market.clear_faults()

        next_item(cs, status_of("ETHUSDT", phase=Phase.RETRYING, code="stale"))
        next_item(cs, status_of("ETHUSDT", phase=Phase.LIVE))
        next_item(cs, tick_of("ETHUSDT"))
        next_item(cs, tick_of("BTCUSDT"))
        eventually(lambda: len(before - set(market.renderers())) >= 1)


def test_more_browsers_start_when_one_is_full(start: Callable[..., Market]) -> None:
    market = start(browsers__pages=1, browsers__ceiling=2)
    with market.client() as cs:
        both_live(cs)

        names = {child.name for child in market.daemon.children()}
        assert {"browser-0", "browser-1"} <= names
        cs.subscribe("SOLUSDT")
        full = next_item(cs, status_of("SOLUSDT", code="no_capacity"))
        assert "browsers.ceiling" in full.text

        cs.unsubscribe("BTCUSDT")
        next_item(cs, tick_of("SOLUSDT"))
