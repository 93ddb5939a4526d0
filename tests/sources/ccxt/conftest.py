"""Sources of ccxt that run against the simulated market, and an exchange of our own."""

import asyncio
import contextlib
from typing import ClassVar

import ccxt.pro
import pytest
from ccxt.base.errors import BadSymbol

from cryptostream.config.ccxt import Ccxt
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.ccxt.source import CcxtSource
from cryptostream.sources.testing import RecordingOutlet

BTC, ETH, DOGE = "KRAKEN:BTCUSD", "KRAKEN:ETHEUR", "KRAKEN:DOGEUSD"


def kraken_urls(url):
    """Return the settings that lead ccxt to the replica."""
    return (
        f"kraken:api.public={url}",
        f"kraken:api.ws.publicV2={url.replace('http', 'ws', 1)}/v2",
    )


@pytest.fixture
async def sim():
    """A market that moves only when the test pushes a price."""
    async with SimServer(SimSettings(port=0, market="manual", heavy=False)) as server:
        server.market.push(BTC, last="67102.3", bid="67102.2", ask="67102.5")
        yield server


@pytest.fixture
def outlet():
    return RecordingOutlet()


@pytest.fixture
def running(sim, outlet):
    """Return a context manager that runs a source with the given settings."""

    @contextlib.asynccontextmanager
    async def run(**settings):
        chosen = {"urls": kraken_urls(sim.url), "silence": 2.0, "timeout": 5.0}
        source = CcxtSource(Ccxt(**(chosen | settings)), outlet)
        task = asyncio.create_task(source.run())
        try:
            yield source
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return run


class Bazaar(ccxt.pro.Exchange):
    """An exchange of ccxt's make that has its markets and its prices in its own hands."""

    MARKETS = ("AAA/USD", "BBB/USD", "CCC/USD")
    # What it can do, and what it says of a market instead of a price.
    can: ClassVar[dict[str, bool]] = {
        "watchTickers": True,
        "watchTrades": True,
        "fetchTickers": True,
    }
    refused: ClassVar[dict[str, Exception]] = {}
    calls: ClassVar[list[tuple[str, object]]] = []

    def describe(self):
        return self.deep_extend(
            super().describe(), {"id": "bazaar", "name": "Bazaar", "has": dict(self.can)}
        )

    async def fetch_markets(self, params=None):
        return [
            self.safe_market_structure(
                {
                    "id": symbol.replace("/", ""),
                    "symbol": symbol,
                    "base": symbol[:3],
                    "quote": symbol[4:],
                    "spot": True,
                    "active": True,
                }
            )
            for symbol in self.MARKETS
        ]

    def price_of(self, symbol):
        if symbol in self.refused:
            raise self.refused[symbol]
        return {"symbol": symbol, "last": 1.5, "info": {"p": "1.50"}}

    async def watch_tickers(self, symbols=None, params=None):
        self.calls.append(("watch_tickers", tuple(symbols)))
        for symbol in symbols:
            self.price_of(symbol)
        told = set(self.tickers or {})
        fresh = {symbol: self.price_of(symbol) for symbol in symbols if symbol not in told}
        if not fresh:
            await asyncio.get_running_loop().create_future()
        self.tickers = {**(self.tickers or {}), **fresh}
        return fresh

    async def watch_trades(self, symbol, since=None, limit=None, params=None):
        self.calls.append(("watch_trades", symbol))
        await asyncio.get_running_loop().create_future()

    async def fetch_tickers(self, symbols=None, params=None):
        self.calls.append(("fetch_tickers", tuple(symbols)))
        return {symbol: self.price_of(symbol) for symbol in symbols}


@pytest.fixture
def bazaar(monkeypatch):
    """Return the class of that exchange; ccxt knows it while the test runs."""
    kind = type("bazaar", (Bazaar,), {"calls": [], "refused": {}})
    monkeypatch.setattr(ccxt.pro, "bazaar", kind, raising=False)
    monkeypatch.setattr(ccxt, "exchanges", [*ccxt.exchanges, "bazaar"])
    return kind


BAD = BadSymbol("bazaar has no such thing")
