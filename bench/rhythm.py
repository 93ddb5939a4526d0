"""A simulated exchange whose trades come in a rhythm that can be chosen.

``python -m bench.rhythm RATE SYMBOL …``, asked through :mod:`bench.helper`. ``RATE`` is trades a
second of each ticker.
"""

from __future__ import annotations

import asyncio
import random
import sys
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

from bench.helper import serve
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.looks import price_text
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptostream.sim.market import Market

# Prices go up and down around where they began; so many steps of a tick each way.
_STEPS = 40


class Rhythm:
    """Trades of some tickers: evenly spaced, or at random times (Poisson) with the same mean."""

    def __init__(self, market: Market, port: int, rate: float, symbols: Sequence[str]) -> None:
        self.even = True
        self._market = market
        self._port = port
        self._rate = rate
        self._trades = dict.fromkeys(symbols, 0)
        self._chance = random.Random(1)  # noqa: S311 - reproducible, not a secret

    async def play(self) -> None:
        """Trade until cancelled. What is late comes late, and its successor in time."""
        now, step = asyncio.get_running_loop().time, 1 / self._rate
        due = [(now() + self._chance.random() * step, symbol) for symbol in self._trades]
        heapify(due)
        while True:
            at, symbol = due[0]
            await asyncio.sleep(max(0.0, at - now()))
            self._trade(symbol)
            pause = step if self.even else self._chance.expovariate(self._rate)
            heapreplace(due, (at + pause, symbol))

    def _trade(self, symbol: str) -> None:
        """Trade at a price that differs from the last one by a tick."""
        self._trades[symbol] += 1
        one = INSTRUMENTS[symbol]
        units = one.seed + abs(self._trades[symbol] % (2 * _STEPS) - _STEPS)
        self._market.push(symbol, last=price_text(units, one.decimals, grouped=False))

    async def port(self) -> int:
        """Return where the exchange listens."""
        return self._port

    async def choose(self, *, even: bool) -> None:
        """Space the trades evenly, or not."""
        self.even = even


async def main(rate: str, *symbols: str) -> None:
    """Serve until stdin ends."""
    async with SimServer(SimSettings(port=0, market="manual")) as server:
        rhythm = Rhythm(server.market, server.port, float(rate), symbols)
        task = asyncio.create_task(rhythm.play())
        try:
            await serve({"port": rhythm.port, "choose": rhythm.choose})
        finally:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
