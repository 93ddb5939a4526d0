"""The source against the replica of Kraken: values, symbols, and its end."""

import asyncio
from decimal import Decimal

import pytest

from cryptostream.records import Tick, Trade
from cryptostream.sources.ccxt import life
from cryptostream.wire.hop import PageState
from tests.sources.ccxt.conftest import BTC, DOGE, ETH


def of(symbol):
    return lambda item: item.symbol == symbol


async def test_the_first_value_is_live_and_exact(running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.LOADING)
        await outlet.state(PageState.LIVE)
        tick = await outlet.take(Tick)
        assert (tick.last, tick.bid, tick.ask) == tuple(
            map(Decimal, ("67102.3", "67102.2", "67102.5"))
        )
        assert (tick.symbol, tick.source, tick.method) == (BTC, "ccxt", "stream")
        assert (tick.venue, tick.currency, tick.timeliness) == (None, None, "real_time")
        assert tick.simulated
        assert source.describe()["connections"] == 1


async def test_trades_and_ticks_go_on(sim, running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.take(Tick)
        trade = await pushed(sim, outlet, last="67103.7", quantity="0.25")
        assert (trade.price, trade.quantity, trade.side) == (
            Decimal("67103.7"),
            Decimal("0.25"),
            "buy",
        )
        assert trade.simulated
        first = int(trade.trade_id)
        for offset, price in enumerate(("67103.1", "67104.9", "67104.9"), start=1):
            sim.market.push(BTC, last=price, quantity="0.5")
            trade = await outlet.take(Trade)
            assert (trade.price, trade.quantity) == (Decimal(price), Decimal("0.5"))
            assert int(trade.trade_id) == first + offset
        sim.market.push(BTC, bid="60000.1")
        tick = await outlet.take(Tick, lambda tick: tick.bid == Decimal("60000.1"))
        assert tick.last == Decimal("67104.9")


async def pushed(sim, outlet, **trade):
    """Push until the subscription of trades stands; return the first one that came."""
    task = asyncio.create_task(outlet.take(Trade))
    while not task.done():
        sim.market.push(BTC, **trade)
        await asyncio.wait({task}, timeout=0.05)
    for late in outlet.of(Trade)[1:]:
        await outlet.take(Trade, lambda one, late=late: one is late)
    return outlet.of(Trade)[-1]


async def test_symbols_come_and_go_on_one_connection(sim, running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.take(Tick)
        await source.open(ETH, 2)
        await outlet.take(Tick, of(ETH))
        await source.close(BTC, 7)
        await source.close(BTC, 1)
        await outlet.state(PageState.CLOSED, symbol=BTC)
        assert [report.symbol for report in source.reports()] == [ETH]
        sim.market.push(BTC, last="1.5")
        sim.market.push(ETH, last="99.5")
        await outlet.take(Tick, lambda tick: tick.symbol == ETH and tick.last == Decimal("99.5"))
        assert Decimal("1.5") not in {tick.last for tick in outlet.of(Tick, BTC)}
        await source.open(BTC, 3)
        await outlet.state(PageState.LIVE, symbol=BTC)
        assert (await outlet.take(Tick, of(BTC))).last == Decimal("1.5")
        assert source.describe()["connections"] == 1


async def test_two_wishes_for_one_market_both_get_it(running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        await source.open(f"{BTC}@ccxt", 2)
        await outlet.state(PageState.LIVE, symbol=f"{BTC}@ccxt")
        assert len(source.reports()) == 2


@pytest.mark.parametrize(
    ("symbol", "said"),
    [
        ("KRAKEN:BTCUSX", "the nearest are KRAKEN:BTCUSD"),
        ("KRAKEN:BTCUSD.P", "sources.ccxt.exchanges"),
        ("NASDAQ:AAPL", "sources.ccxt.exchanges"),
    ],
)
async def test_an_unknown_symbol_fails_for_good_and_its_neighbours_go_on(
    running, outlet, symbol, said
):
    async with running() as source:
        await source.open(symbol, 9)
        await source.open(BTC, 1)
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert (failed.symbol, failed.generation, failed.retriable) == (symbol, 9, False)
        assert said in failed.text
        await outlet.state(PageState.LIVE, symbol=BTC)


async def test_a_halted_market_is_told_apart_and_comes_back(sim, running, outlet, monkeypatch):
    sim.faults.set("kraken_halted", DOGE)
    async with running() as source:
        await source.open(DOGE, 1)
        failed = await outlet.state(PageState.FAILED, "halted")
        assert failed.retriable
        sim.faults.clear()
        monkeypatch.setattr(life, "FRESH", 0.0)
        await source.open(DOGE, 2)
        await outlet.state(PageState.LIVE, symbol=DOGE)


async def test_an_exchange_carries_only_so_many_tickers(running, outlet):
    async with running(max_symbols=1) as source:
        await source.open(BTC, 1)
        await source.open(ETH, 2)
        failed = await outlet.state(PageState.FAILED, "no_capacity")
        assert (failed.symbol, failed.retriable) == (ETH, True)
        await source.open(BTC, 3)
        assert (await outlet.state(PageState.LIVE)).generation == 3


async def test_a_quiet_market_is_quiet(running, outlet):
    async with running(silence=0.6) as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.LIVE)
        await outlet.state(PageState.QUIET, "quiet")
        assert source.describe()["failed"] == 0


async def test_its_end_leaves_nothing(sim, running, outlet):
    before = asyncio.all_tasks()
    async with asyncio.timeout(20):
        async with running() as source:
            await source.open(BTC, 1)
            await outlet.take(Tick)
            ending = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - ending < 1.0
        said = len(outlet.items)
        left = {task for task in asyncio.all_tasks() - before if not task.done()}
        assert not [task for task in left if "ccxt" in repr(task)]
        sim.market.push(BTC, last="1.5")
        assert len(outlet.items) == said


async def test_it_can_be_stopped_before_anything_was_loaded(running):
    async with running() as source:
        await source.open(BTC, 1)
