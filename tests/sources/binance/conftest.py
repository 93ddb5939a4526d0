"""The real source on real simulated markets."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import pytest

from cryptostream.config.binance import Binance
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.binance.source import BinanceSource
from tests.sources.binance.recording import DEADLINE_S, Recorder


class Running:
    """A source that runs, and all that it delivers."""

    def __init__(self, settings):
        self.out = Recorder()
        self.source = BinanceSource(settings, self.out)
        self.task = asyncio.create_task(self.source.run())
        self._generation = 0

    async def open(self, *symbols):
        for symbol in symbols:
            self._generation += 1
            await self.source.open(symbol, self._generation)

    async def close(self, symbol):
        [generation] = [r.generation for r in self.source.reports() if r.symbol == symbol]
        await self.source.close(symbol, generation)

    async def live(self, *symbols):
        """Open symbols and wait until they are live and have streamed."""
        await self.open(*symbols)
        for symbol in symbols:
            await self.out.state("live", symbol=symbol)

    def count(self, name):
        return self.source.describe()[name]

    async def stop(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


def addresses(sim, fallback=None):
    """Return the settings that point at a simulated market, and perhaps at another."""
    other = fallback or sim
    return {
        "stream_url": f"ws://127.0.0.1:{sim.port}",
        "rest_url": sim.url,
        "fallback_stream_url": f"ws://127.0.0.1:{other.port}" if fallback else "",
        "fallback_rest_url": other.url if fallback else "",
    }


@asynccontextmanager
async def market(**changes):
    settings = {"port": 0, "market": "manual", "heavy": False} | changes
    async with SimServer(SimSettings(**settings)) as server:
        yield server


@pytest.fixture
async def sim():
    """A market that moves only when the test pushes a price."""
    async with market() as server:
        yield server


@pytest.fixture
async def lively():
    """A market whose tickers trade two hundred times a second."""
    async with market(market="random", rate=200.0) as server:
        yield server


@pytest.fixture
async def another():
    """A second market, at another address."""
    async with market() as server:
        yield server


@pytest.fixture
async def run():
    """Return a function that runs a source on a market; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        def start(sim, fallback=None, **changes):
            quick = {"backoff_first": 0.05, "backoff_cap": 0.2, "overlap": 0.3}
            settings = Binance(**addresses(sim, fallback) | quick | changes)
            running = Running(settings)
            stack.push_async_callback(running.stop)
            return running

        yield start


@pytest.fixture
async def server_shows(http):
    """Return a function that waits until the counters of a replica are as wanted."""

    async def until(sim, **wanted):
        async with asyncio.timeout(DEADLINE_S):
            while True:
                async with http.get(f"{sim.url}/sim/binance") as answer:
                    found = await answer.json()
                if wanted.items() <= found.items():
                    return

    return until


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session
