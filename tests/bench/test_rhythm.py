"""The exchange of the dashboard's benchmark: each trade is at another price, at the asked rate."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from bench.rhythm import Rhythm
from cryptostream.sim.market import Change, Market
from cryptostream.sim.settings import SimSettings

SYMBOLS = ("BINANCE:BTCUSDT", "BINANCE:SHIBUSDT")
RATE = 200.0
TRADES = 60


async def test_every_ticker_trades_evenly_and_never_twice_at_one_price():
    market = Market(SimSettings(market="manual"))
    prices: dict[str, list[int]] = {symbol: [] for symbol in SYMBOLS}
    enough = asyncio.Event()

    def hear(change: Change) -> None:
        prices[change.instrument.symbol].append(change.quote.last)
        if all(len(one) >= TRADES for one in prices.values()):
            enough.set()

    for symbol in SYMBOLS:
        market.watch(symbol, hear)
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        playing = group.create_task(Rhythm(market, 0, RATE, SYMBOLS).play())
        await enough.wait()
        playing.cancel()
    assert asyncio.get_running_loop().time() - began >= (TRADES - 2) / RATE
    for seen in prices.values():
        assert abs(len(seen) - TRADES) <= 2
        assert all(abs(a - b) == 1 for a, b in pairwise(seen))


async def test_at_random_times_the_mean_is_kept():
    market = Market(SimSettings(market="manual"))
    rhythm = Rhythm(market, 0, RATE, SYMBOLS)
    await rhythm.choose(even=False)
    enough = asyncio.Event()
    heard = 0

    def hear(_: Change) -> None:
        nonlocal heard
        heard += 1
        if heard == TRADES:
            enough.set()

    market.watch(SYMBOLS[0], hear)
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        playing = group.create_task(rhythm.play())
        await enough.wait()
        playing.cancel()
    assert asyncio.get_running_loop().time() - began >= 0.4 * TRADES / RATE
