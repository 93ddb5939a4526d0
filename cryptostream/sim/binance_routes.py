"""The websocket addresses of the Binance replica: ``/ws…`` and ``/stream``."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from cryptostream.sim.binance_connection import BinanceConnection
from cryptostream.sim.binance_hub import BinanceHub
from cryptostream.sim.binance_limits import Limits, Window
from cryptostream.sim.binance_protocol import BinanceProtocol
from cryptostream.sim.binance_refusals import refusal
from cryptostream.sim.binance_streams import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Market
    from cryptostream.sim.settings import SimSettings

_GOODBYE_S = 1.0
# Requests are short; nobody may make us hold more (bytes).
_LONGEST_REQUEST = 256 * 1024
# Addresses whose attempts are counted; more do not come to a loopback port.
_ADDRESSES = 1000


class BinanceRoutes:
    """Accepts the clients of the replica and knows the open ones, to close them at the end."""

    def __init__(
        self,
        settings: SimSettings,
        market: Market,
        board: FaultBoard,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = Limits.scaled(settings.period_scale)
        self._market = market
        self._board = board
        self._clock = clock
        self._hub = BinanceHub(market, board, self._limits.update)
        self._attempts: dict[str, Window] = {}
        self._open: set[web.WebSocketResponse] = set()
        self._counts: Counter[str] = Counter()

    def attach(self, app: web.Application) -> None:
        """Add the routes to a server, and the end of all connections to its end."""
        app.add_routes(
            [
                web.get("/ws", self.connect),
                web.get("/ws/{streams:.*}", self.connect),
                web.get("/stream", self.connect),
                web.get("/sim/binance", self.describe),
            ]
        )
        app.on_shutdown.append(self._close_all)

    async def describe(self, _: web.Request) -> web.Response:
        """Answer with counters, for measurements and tests."""
        now = {"connections": len(self._open), "streams": self._hub.streams()}
        return web.json_response({**self._counts, **now})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it or the replica ends the connection."""
        self._counts["attempts"] += 1
        refused = self._refused(request)
        if refused is not None:
            self._counts["refused"] += 1
            return refused
        # Pings and pongs are counted like every message, so they come to us.
        socket = web.WebSocketResponse(
            timeout=_GOODBYE_S, max_msg_size=_LONGEST_REQUEST, compress=False, autoping=False
        )
        await socket.prepare(request)
        address = parse_address(request.path, request.query)
        protocol = BinanceProtocol(address, self._limits, self._clock())
        connection = BinanceConnection(
            request,
            socket,
            protocol,
            self._hub,
            self._board,
            self._counts,
            clock=self._clock,
            now_ms=self._market.now_ms,
        )
        self._open.add(socket)
        try:
            await connection.run()
        finally:
            self._open.discard(socket)
        return socket

    def _refused(self, request: web.Request) -> web.Response | None:
        fault = self._board.get("binance_refuse")
        if fault is not None:
            return refusal(int(float(fault["status"])), int(float(fault["retry_after"])))
        if len(self._attempts) >= _ADDRESSES:
            self._attempts.clear()
        address = request.remote or ""
        window = self._attempts.setdefault(
            address, Window(self._limits.attempts, self._limits.attempts_in)
        )
        if window.takes(self._clock()):
            return None
        return refusal(429, max(1, int(self._limits.attempts_in)))

    async def _close_all(self, _: web.Application) -> None:
        self._hub.close()
        for socket in tuple(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)
