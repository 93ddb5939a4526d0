"""Routes of the Binance-like REST and the scanner, with the faults of the directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from cryptostream.sim.directory import (
    RESTRICTED,
    Answer,
    exchange_info,
    scan,
    scanner_symbol,
    ticker_price,
)
from cryptostream.sim.framing import exact_json
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.templates import text_of

if TYPE_CHECKING:
    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Market


def _reply(answer: Answer, **headers: str) -> web.Response:
    status, body = answer
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(
        text=exact_json(body), status=status, content_type="application/json", headers=named
    )


class ExchangeRoutes:
    """What a directory or a poller asks."""

    def __init__(self, market: Market, board: FaultBoard) -> None:
        self._market = market
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v3/ping", self.ping),
            web.get("/api/v3/time", self.time),
            web.get("/api/v3/exchangeInfo", self.exchange_info),
            web.get("/api/v3/ticker/price", self.ticker_price),
            web.get("/symbol", self.scanner_symbol),
            web.post("/crypto/scan", self.scan),
            web.post("/global/scan", self.scan),
        ]

    def _gone(self) -> list[str]:
        """Return what is delisted here as well, not only as a page."""
        found = ((s, self._board.get("not_found", s)) for s in INSTRUMENTS)
        return [symbol for symbol, params in found if params and params["directory"]]

    def _broken(self) -> web.Response | None:
        if self._board.get("directory_down") is not None:
            return _reply((500, {"code": -1000, "msg": "Simulated internal error."}))
        if self._board.get("directory_451") is not None:
            return _reply((451, RESTRICTED))
        limited = self._board.get("directory_429")
        if limited is not None:
            body = {"code": -1003, "msg": "Too much request weight used (simulated)."}
            return _reply((429, body), Retry_After=str(int(float(limited["retry_after"]))))
        if self._board.get("directory_html") is not None:
            return web.Response(
                text=text_of("challenge.html"), status=403, content_type="text/html"
            )
        return None

    def _exchange(self, answer: Answer, weight: int) -> web.Response:
        return self._broken() or _reply(answer, X_MBX_USED_WEIGHT_1M=str(weight))

    async def ping(self, _: web.Request) -> web.Response:
        return self._exchange((200, {}), 1)

    async def time(self, _: web.Request) -> web.Response:
        return self._exchange((200, {"serverTime": self._market.now_ms()}), 1)

    async def exchange_info(self, request: web.Request) -> web.Response:
        answer = exchange_info(request.query, self._gone(), self._market.now_ms())
        return self._exchange(answer, 20)

    async def ticker_price(self, request: web.Request) -> web.Response:
        return self._exchange(ticker_price(request.query, self._gone(), self._market.quote), 4)

    async def scanner_symbol(self, request: web.Request) -> web.Response:
        return _reply(scanner_symbol(request.query, self._gone(), self._market.quote))

    async def scan(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            body = None  # refused below, like any body that is not an object
        return _reply(scan(body, self._gone(), self._market.quote))
