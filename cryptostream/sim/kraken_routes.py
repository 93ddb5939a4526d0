"""Routes of the Kraken replica: REST below ``/0/public`` and the socket ``/v2``."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from cryptostream.sim import kraken
from cryptostream.sim.framing import MAX_PAYLOAD_UNITS, exact_json
from cryptostream.sim.kraken_socket import HEARTBEAT, KrakenConnection
from cryptostream.sim.templates import text_of

if TYPE_CHECKING:
    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Market

_GOODBYE_S = 1.0


class KrakenRoutes:
    """What a client of that exchange asks. ``scale`` multiplies the period of heartbeats."""

    def __init__(self, market: Market, board: FaultBoard, scale: float) -> None:
        self._market = market
        self._board = board
        self._scale = scale
        self._numbers = count(1)
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/0/public/Time", self.time),
            web.get("/0/public/SystemStatus", self.system_status),
            web.get("/0/public/Assets", self.assets),
            web.get("/0/public/AssetPairs", self.asset_pairs),
            web.get("/0/public/Ticker", self.ticker),
            web.get("/0/public/Trades", self.trades),
            web.get("/v2", self.socket),
        ]

    async def close_all(self, _: web.Application) -> None:
        """Say goodbye to all that are connected."""
        for socket in tuple(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def time(self, _: web.Request) -> web.Response:
        return self._reply(kraken.server_time(self._market.now_ms()))

    async def system_status(self, _: web.Request) -> web.Response:
        online = self._board.get("kraken_maintenance") is None
        body = kraken.system_status(self._market.now_ms(), online=online)
        return self._refused() or self._text(body)

    async def assets(self, _: web.Request) -> web.Response:
        return self._reply(kraken.assets())

    async def asset_pairs(self, request: web.Request) -> web.Response:
        return self._reply(kraken.asset_pairs(request.query, self._halted))

    async def ticker(self, request: web.Request) -> web.Response:
        return self._reply(kraken.tickers(request.query, self._market.quote))

    async def trades(self, request: web.Request) -> web.Response:
        return self._reply(kraken.trades(request.query, self._market.prints))

    async def socket(self, request: web.Request) -> web.StreamResponse:
        refused = self._refused()
        if refused is not None:
            return refused
        socket = web.WebSocketResponse(
            timeout=_GOODBYE_S, max_msg_size=MAX_PAYLOAD_UNITS, compress=False
        )
        await socket.prepare(request)
        self._open.add(socket)
        period = HEARTBEAT * self._scale
        connection = KrakenConnection(request, socket, self._market, self._board, period)
        try:
            await connection.run(next(self._numbers))
        finally:
            self._open.discard(socket)
        return socket

    # -- faults -------------------------------------------------------------------------

    def _halted(self, symbol: str) -> bool:
        return self._board.get("kraken_halted", symbol) is not None

    def _reply(self, body: kraken.Body) -> web.Response:
        if self._board.get("kraken_maintenance") is not None:
            body = kraken.refusal(kraken.UNAVAILABLE)
        return self._refused() or self._text(body)

    def _text(self, body: kraken.Body) -> web.Response:
        text = exact_json(body)
        if self._board.get("kraken_malformed") is not None:
            text = text[: len(text) * 2 // 3]
        return web.Response(text=text, content_type="application/json")

    def _refused(self) -> web.Response | None:
        limited = self._board.get("kraken_429")
        if limited is not None:
            return web.Response(
                text=exact_json(kraken.refusal(kraken.LIMITED)),
                status=429,
                content_type="application/json",
                headers={"Retry-After": str(int(float(limited["retry_after"])))},
            )
        if self._board.get("kraken_451") is not None:
            return web.Response(status=451, text="Unavailable in your region (simulated)")
        for status in (403, 503):
            if self._board.get(f"kraken_{status}") is not None:
                page = text_of("challenge.html")
                return web.Response(text=page, status=status, content_type="text/html")
        return None
