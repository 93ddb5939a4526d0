"""Routes of the Binance-like REST and the scanner, with their faults and limits."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from aiohttp import web

from cryptostream.sim import binance_rest as rest
from cryptostream.sim.binance_limits import Limits, Weights
from cryptostream.sim.binance_refusals import refusal
from cryptostream.sim.directory import (
    Answer,
    exchange_info,
    scan,
    scanner_symbol,
    ticker_price,
)
from cryptostream.sim.framing import exact_json
from cryptostream.sim.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Market

    Query = Mapping[str, str]
    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Faults that refuse every request, and the status they do it with.
_REFUSALS = {
    "directory_down": 500,
    "directory_451": 451,
    "directory_429": 429,
    "directory_html": 403,
    "binance_rest_500": 500,
    "binance_rest_451": 451,
    "binance_rest_418": 418,
    "binance_rest_429": 429,
    "binance_rest_html": 403,
}
# Addresses whose weight is counted; more do not come to a loopback port.
_ADDRESSES = 1000


def _reply(answer: Answer, **headers: str) -> web.Response:
    status, body = answer
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(
        text=exact_json(body), status=status, content_type="application/json", headers=named
    )


class ExchangeRoutes:
    """What a directory or a poller asks. ``scale`` multiplies the minute of the request weight."""

    def __init__(
        self,
        market: Market,
        board: FaultBoard,
        scale: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._market = market
        self._board = board
        self._limits = Limits.scaled(scale)
        self._clock = clock
        self._weights: dict[str, Weights] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            self._route("/api/v3/ping", lambda _: (200, {}), lambda _: 1),
            self._route("/api/v3/time", self._time, lambda _: 1),
            self._route("/api/v3/exchangeInfo", self._exchange_info, lambda _: 20),
            self._route("/api/v3/ticker/price", self._ticker_price, rest.price_weight),
            self._route("/api/v3/ticker/bookTicker", self._book_ticker, rest.price_weight),
            self._route("/api/v3/ticker/24hr", self._day_ticker, rest.day_weight),
            self._route("/api/v3/trades", self._trades, lambda _: 25),
            web.get("/symbol", self.scanner_symbol),
            web.post("/crypto/scan", self.scan),
            web.post("/global/scan", self.scan),
        ]

    def _route(
        self, path: str, answer: Callable[[Query], Answer], weight: Callable[[Query], int]
    ) -> web.RouteDef:
        async def handler(request: web.Request) -> web.StreamResponse:
            slow = self._board.get("binance_rest_slow")
            if slow is not None:
                await asyncio.sleep(float(slow["seconds"]))
            broken = self._broken()
            if broken is not None:
                return broken
            toll = self._purse(request.remote or "").pay(weight(request.query), self._clock())
            used = str(toll.used)
            if toll.status:
                refused = refusal(toll.status, toll.retry_after)
                refused.headers["X-MBX-USED-WEIGHT-1M"] = used
                return refused
            return _reply(answer(request.query), X_MBX_USED_WEIGHT_1M=used)

        return web.get(path, handler)

    def _purse(self, address: str) -> Weights:
        if len(self._weights) >= _ADDRESSES:
            self._weights.clear()
        return self._weights.setdefault(address, Weights(self._limits))

    def _broken(self) -> web.Response | None:
        for name, status in _REFUSALS.items():
            fault = self._board.get(name)
            if fault is not None:
                return refusal(status, int(float(fault.get("retry_after", 0))))
        return None

    def _gone(self) -> list[str]:
        """Return what is delisted here as well, not only as a page."""
        found = ((s, self._board.get("not_found", s)) for s in INSTRUMENTS)
        return [symbol for symbol, params in found if params and params["directory"]]

    def _halted(self) -> list[str]:
        return [s for s in INSTRUMENTS if self._board.get("binance_halted", s) is not None]

    def _time(self, _: Query) -> Answer:
        return 200, {"serverTime": self._market.now_ms()}

    def _exchange_info(self, query: Query) -> Answer:
        return exchange_info(query, self._gone(), self._market.now_ms(), self._halted())

    def _ticker_price(self, query: Query) -> Answer:
        return ticker_price(query, self._gone(), self._market.quote)

    def _book_ticker(self, query: Query) -> Answer:
        return rest.book_ticker(query, self._gone(), self._market.quote)

    def _day_ticker(self, query: Query) -> Answer:
        return rest.day_ticker(query, self._gone(), self._market.quote, self._market.now_ms())

    def _trades(self, query: Query) -> Answer:
        return rest.trades(query, self._gone(), self._market.prints)

    async def scanner_symbol(self, request: web.Request) -> web.Response:
        return _reply(scanner_symbol(request.query, self._gone(), self._market.quote))

    async def scan(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            body = None  # refused below, like any body that is not an object
        return _reply(scan(body, self._gone(), self._market.quote))
