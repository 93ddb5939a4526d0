"""How markets are followed: groups, single ones, polls, and refusals that concern one of them."""

import asyncio
from decimal import Decimal

import pytest

from cryptostream.records import Tick
from cryptostream.wire.hop import PageState
from tests.local_market import until
from tests.sources.ccxt.conftest import BAD, BTC, ETH

A, B, C = (f"BAZAAR:{name}USD" for name in ("AAA", "BBB", "CCC"))


@pytest.fixture
def running_bazaar(running):
    return lambda **settings: running(exchanges=("BAZAAR=bazaar",), **settings)


def live(source):
    """Return the symbols that are live now."""
    return {report.symbol for report in source.reports() if report.state is PageState.LIVE}


def called(bazaar, name):
    return [argument for method, argument in bazaar.calls if method == name]


async def test_what_is_opened_together_is_one_group_and_the_next_disturbs_nobody(
    bazaar, running_bazaar, outlet
):
    async with running_bazaar() as source:
        await source.open(A, 1)
        await source.open(B, 2)
        await until(lambda: live(source) == {A, B})
        await source.open(C, 3)
        await outlet.state(PageState.LIVE, symbol=C)
        assert set(called(bazaar, "watch_tickers")) == {("AAA/USD", "BBB/USD"), ("CCC/USD",)}
        assert set(called(bazaar, "watch_trades")) == {"AAA/USD", "BBB/USD", "CCC/USD"}
        assert {tick.last for tick in outlet.of(Tick)} == {Decimal("1.50")}


async def test_a_market_that_is_refused_does_not_take_its_group_along(
    bazaar, running_bazaar, outlet
):
    bazaar.refused = {"BBB/USD": BAD}
    async with running_bazaar() as source:
        for number, symbol in enumerate((A, B, C)):
            await source.open(symbol, number)
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert (failed.symbol, failed.retriable) == (B, False)
        await until(lambda: live(source) == {A, C})
        assert source.describe()["failed"] == 0


async def test_a_market_that_a_poll_refuses_does_not_take_the_others_along(
    bazaar, running_bazaar, outlet
):
    bazaar.can = {"fetchTickers": True}
    bazaar.refused = {"BBB/USD": BAD}
    async with running_bazaar(poll_period=0.05) as source:
        for number, symbol in enumerate((A, B, C)):
            await source.open(symbol, number)
        await until(lambda: live(source) == {A, C})
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert failed.symbol == B
        await source.close(C, 2)
        await until(lambda: called(bazaar, "fetch_tickers")[-1] == ("AAA/USD",))


async def test_trades_that_are_refused_leave_the_ticks(bazaar, running_bazaar, outlet):
    async def refuse(_self, _symbol):
        raise BAD

    bazaar.watch_trades = refuse
    async with running_bazaar() as source:
        await source.open(A, 1)
        await outlet.take(Tick)
        assert [report.state for report in source.reports()] == [PageState.LIVE]


async def test_a_market_that_shows_nothing_is_asked_for_once_and_then_given_up(
    bazaar, running_bazaar, outlet
):
    async def silent(_self, _symbols):
        await asyncio.get_running_loop().create_future()

    bazaar.watch_tickers = silent
    async with running_bazaar(first_value_timeout=0.6) as source:
        await source.open(A, 1)
        await outlet.state(PageState.LIVE)
        assert (await outlet.take(Tick)).method == "poll"
    bazaar.fetch_tickers = silent
    async with running_bazaar(first_value_timeout=0.6) as source:
        await source.open(A, 2)
        assert (await outlet.state(PageState.FAILED, "no_price")).retriable


async def test_an_exchange_without_streams_is_polled(sim, running, outlet):
    async with running(poll_period=0.05) as source:
        source._venue("kraken")._streams = False
        await source.open(BTC, 1)
        tick = await outlet.take(Tick)
        assert (tick.last, tick.method, tick.simulated) == (Decimal("67102.30000"), "poll", True)
        assert str(tick.last) == "67102.30000"
        sim.market.push(BTC, last="67000.1")
        await outlet.take(Tick, lambda tick: tick.last == Decimal("67000.1"))
        seen = len(outlet.of(Tick))
        await source.open(ETH, 2)
        await outlet.take(Tick, lambda tick: tick.symbol == ETH)
        assert len(outlet.of(Tick, BTC)) == seen  # the same price again is nothing new


async def test_a_poll_that_fails_is_said_and_the_way_back_too(sim, running, outlet):
    async with running(poll_period=0.05) as source:
        source._venue("kraken")._streams = False
        await source.open(BTC, 1)
        await outlet.take(Tick)
        sim.faults.set("kraken_503")
        await outlet.state(PageState.STALE, "unreachable")
        sim.faults.clear()
        await outlet.state(PageState.LIVE)
        await outlet.take(Tick)
