"""Exchanges of the tests' own, on a real socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BINANCE, KRAKEN, COINBASE = "/api/v3/exchangeInfo", "/0/public/AssetPairs", "/products"


def binance_symbol(symbol: str, base: str, quote: str, status: str = "TRADING") -> dict[str, Any]:
    return {
        "symbol": symbol,
        "status": status,
        "baseAsset": base,
        "quoteAsset": quote,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "stepSize": "0.00001000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.00000000"},
        ],
    }


def kraken_pair(wsname: str, status: str = "online", **more: object) -> dict[str, Any]:
    base, _, quote = wsname.partition("/")
    return {
        "altname": base + quote,
        "wsname": wsname,
        "base": f"X{base}",
        "quote": f"Z{quote}",
        "pair_decimals": 1,
        "lot_decimals": 8,
        "tick_size": "0.1",
        "status": status,
        **more,
    }


def coinbase_product(name: str, status: str = "online", **more: object) -> dict[str, Any]:
    base, _, quote = name.partition("-")
    return {
        "id": name,
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "status": status,
        "trading_disabled": False,
        **more,
    }


LISTINGS: dict[str, Any] = {
    BINANCE: {
        "timezone": "UTC",
        "symbols": [
            binance_symbol("BTCUSDT", "BTC", "USDT"),
            binance_symbol("ETHUSDT", "ETH", "USDT"),
            binance_symbol("ETHBTC", "ETH", "BTC"),
            binance_symbol("POLUSDT", "POL", "USDT"),
            binance_symbol("LUNCUSDT", "LUNC", "USDT", "BREAK"),
        ],
    },
    KRAKEN: {
        "error": [],
        "result": {
            "XXBTZUSD": kraken_pair("XBT/USD"),
            "XETHZEUR": kraken_pair("ETH/EUR", pair_decimals=2, tick_size="0.01"),
            "XXDGZUSD": kraken_pair("XDG/USD", "cancel_only"),
        },
    },
    COINBASE: [
        coinbase_product("BTC-USD"),
        coinbase_product("ETH-USD", trading_disabled=True),
        coinbase_product("LUNA-USD", "delisted"),
    ],
}


@dataclass
class Exchanges:
    """What answers for all exchanges at one address; ``asked`` holds the requests by path.

    ``refusals`` are answered in place of a path's listing, as (status, headers).
    """

    url: str = ""
    bodies: dict[str, bytes] = field(
        default_factory=lambda: {path: json.dumps(body).encode() for path, body in LISTINGS.items()}
    )
    refusals: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    asked: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.setdefault(request.path, []).append(dict(request.headers))
        self.news.set()
        if request.path in self.refusals:
            status, headers = self.refusals[request.path]
            return web.Response(status=status, headers=headers)
        etag = self.etags.get(request.path)
        if etag is not None and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        headers = {} if etag is None else {"ETag": etag}
        return web.Response(body=self.bodies[request.path], headers=headers)

    async def until_asked(self, path: str, times: int) -> None:
        """Wait until a path was asked so often, within a deadline."""
        async with asyncio.timeout(20):
            while len(self.asked.get(path, ())) < times:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def exchanges() -> AsyncIterator[Exchanges]:
    running = Exchanges()
    app = web.Application()
    app.add_routes([web.get(path, running.answer) for path in LISTINGS])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield running
    await runner.cleanup()
