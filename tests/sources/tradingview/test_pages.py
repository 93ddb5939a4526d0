"""The pages of one browser move to another, in two real ones, and nobody sees it in the stream."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest

from cryptostream.config.settings import Config
from cryptostream.config.tradingview import TradingView
from cryptostream.records import Tick
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.testing import RecordingOutlet
from cryptostream.sources.tradingview import pages
from cryptostream.sources.tradingview.engine import Engine
from cryptostream.sources.tradingview.pages import BrowserSource, StandBy
from cryptostream.wire.hop import PageState, Report
from tests.integration.conftest import cmdline
from tests.local_market import DEADLINE, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cryptostream.sim.market import Change

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(90),
    pytest.mark.usefixtures("require_browser", "no_orphans"),
]

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
SYMBOLS = (BTC, ETH)


class Moving:
    """Two browsers, one of them with live pages, and what the market really did."""

    def __init__(self, sim: SimServer, config: Config) -> None:
        self.sim = sim
        self.outlet = RecordingOutlet()
        self.old, self.fresh = Engine(config, "move", 1), Engine(config, "move", 2)
        self.source = BrowserSource(config, self.old, self.outlet)
        self.truth: dict[str, list[str]] = {symbol: [] for symbol in SYMBOLS}

    async def begin(self) -> None:
        await asyncio.gather(self.old.start(), self.fresh.start())
        await self.source.start()
        for generation, symbol in enumerate(SYMBOLS, start=1):
            await self.source.open(symbol, generation)
            await self.outlet.state(PageState.LIVE, symbol=symbol)
        for symbol in SYMBOLS:
            self.sim.market.watch(symbol, partial(self._note, symbol))

    def _note(self, symbol: str, change: Change) -> None:
        last = Decimal(change.quote.last).scaleb(-change.instrument.decimals)
        self.truth[symbol].append(str(last))

    async def end(self) -> None:
        await self.source.stop()
        await asyncio.gather(self.old.stop(), self.fresh.stop())

    def seen(self, symbol: str) -> list[str]:
        return distinct(str(tick.last) for tick in self.outlet.of(Tick, symbol))

    async def have_seen(self, symbol: str, changes: int) -> None:
        """Wait until so many more prices of a symbol were delivered."""
        goal = len(self.seen(symbol)) + changes
        await until(lambda: len(self.seen(symbol)) >= goal)


def distinct(prices) -> list[str]:
    found: list[str] = []
    for price in prices:
        if not found or found[-1] != price:
            found.append(price)
    return found


@asynccontextmanager
async def moving(place: Path, **sim: object) -> AsyncIterator[Moving]:
    settings = SimSettings(**{"port": 0, "market": "random", "rate": 20.0, "heavy": False, **sim})
    async with SimServer(settings) as server:
        page = TradingView(base_url=server.url, load_timeout=5.0, value_timeout=3.0)
        config = Config(runtime_dir=str(place))
        sources = msgspec.structs.replace(config.sources, tradingview=page)
        one = Moving(server, msgspec.structs.replace(config, sources=sources))
        try:
            await one.begin()
            yield one
        finally:
            await one.end()


def test_a_page_that_stands_by_has_waited_since_its_first_price() -> None:
    by = StandBy()
    assert by.speaks_for(time.monotonic() + 60.0) == 0.0
    before = time.monotonic()

    for price in ("1", "2"):
        by.tick(Tick(symbol=BTC, source="s", method="dom", last=Decimal(price), ts_observed=1))

    assert 0.0 < by.speaks_for(before + 10.0) <= 10.0
    assert [str(tick.last) for tick in by.heard] == ["1", "2"]


async def test_every_price_is_delivered_once_while_pages_move(tmp_path: Path) -> None:
    async with moving(tmp_path) as it:
        for symbol in SYMBOLS:
            await it.have_seen(symbol, 10)

        async with asyncio.timeout(DEADLINE):
            await it.source.move_to(it.fresh)
        await it.old.stop()
        for symbol in SYMBOLS:
            await it.have_seen(symbol, 20)

        assert it.source.moves == 2
        for symbol in SYMBOLS:
            seen, truth = it.seen(symbol), distinct(it.truth[symbol])
            first = seen.index(truth[0])
            common = min(len(seen) - first, len(truth))
            assert common > 30
            assert seen[first : first + common] == truth[:common]
            states = [report.state for report in it.outlet.of(Report, symbol)]
            assert states == [PageState.LOADING, PageState.LIVE]
            labels = {tick.simulated for tick in it.outlet.of(Tick, symbol)}
            assert labels == {True}


async def test_a_quiet_ticker_says_nothing_when_its_page_moves(tmp_path: Path) -> None:
    async with moving(tmp_path, rate=0.001) as it:
        before = len(it.outlet.items)

        async with asyncio.timeout(DEADLINE):
            await it.source.move_to(it.fresh)

        assert it.outlet.items[before:] == []
        it.sim.market.push(BTC, last="67123.45")
        tick = await it.outlet.take(Tick, lambda tick: tick.symbol == BTC)
        assert str(tick.last) == "67123.45"


async def test_a_page_that_cannot_be_had_stays_where_it_is_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "pause_after", lambda _failures, _asked=0.0: 0.1)
    async with moving(tmp_path) as it:
        it.sim.faults.set("status_503", ETH)
        at = len(it.outlet.of(Tick, ETH))

        move = asyncio.create_task(it.source.move_to(it.fresh))
        await until(lambda: it.source.moves == 1)
        await it.have_seen(ETH, 10)
        assert not move.done()
        it.sim.faults.clear()
        async with asyncio.timeout(DEADLINE):
            await move

        await it.have_seen(ETH, 10)
        assert len(it.outlet.of(Tick, ETH)) > at
        assert [one.state for one in it.outlet.of(Report, ETH)] == ["loading", "live"]


async def test_a_ticker_that_is_closed_while_it_moves_is_closed_in_both(tmp_path: Path) -> None:
    async with moving(tmp_path) as it:
        it.sim.faults.set("slow_load", ETH, seconds=30.0)
        move = asyncio.create_task(it.source.move_to(it.fresh))
        await until(lambda: it.source.moves == 1)

        await it.source.close(ETH, 2)

        async with asyncio.timeout(DEADLINE):
            await move
        assert [report.symbol for report in it.source.reports()] == [BTC]
        assert (await it.outlet.state(PageState.CLOSED)).symbol == ETH


async def test_a_ticker_that_is_opened_anew_while_it_moves_is_opened_in_the_fresh_one(
    tmp_path: Path,
) -> None:
    async with moving(tmp_path) as it:
        it.sim.faults.set("slow_load", ETH, seconds=30.0)
        move = asyncio.create_task(it.source.move_to(it.fresh))
        await until(lambda: it.source.moves == 1)
        it.sim.faults.clear()

        await it.source.open(ETH, 3)

        async with asyncio.timeout(DEADLINE):
            await move
        live = await it.outlet.take(
            Report, lambda one: (one.symbol, one.generation, one.state) == (ETH, 3, PageState.LIVE)
        )
        assert live.code == "ok"
        await it.old.stop()
        await it.have_seen(ETH, 5)


async def test_a_browser_that_dies_takes_only_its_own_pages_with_it(tmp_path: Path) -> None:
    async with moving(tmp_path) as it:
        it.sim.faults.set("slow_load", ETH, seconds=30.0)
        move = asyncio.create_task(it.source.move_to(it.fresh))
        await until(lambda: it.source.moves == 1)

        os.kill(it.fresh.pid, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE):
            await it.fresh.gone.wait()
        move.cancel()
        await asyncio.gather(move, return_exceptions=True)
        it.source.lost(it.fresh, it.old)

        failed = await it.outlet.state(PageState.FAILED, "browser_gone")
        assert (failed.symbol, failed.generation) == (BTC, 1)
        await it.have_seen(ETH, 10)
        await it.source.open(BTC, 4)
        await it.outlet.state(PageState.LIVE, symbol=BTC)
        assert cmdline(it.fresh.pid) == b""


async def test_a_ticker_that_is_closed_while_it_is_opened_leaves_no_page(tmp_path: Path) -> None:
    async with moving(tmp_path) as it:
        opening = asyncio.create_task(it.source.open("BINANCE:SOLUSDT", 9))
        await asyncio.sleep(0)  # it has begun

        await it.source.close("BINANCE:SOLUSDT", 9)

        await opening
        assert [report.symbol for report in it.source.reports()] == [BTC, ETH]
        assert len(it.source._supervisor.children()) == 2
