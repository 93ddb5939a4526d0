"""Routes of the websockets: the quote socket and the control channel of pages."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from cryptostream.errors import CryptoStreamError
from cryptostream.sim import control
from cryptostream.sim.fault_routes import refusal
from cryptostream.sim.faults import FaultBoard, FaultEvent, faults_from_query
from cryptostream.sim.framing import MAX_PAYLOAD_UNITS, exact_json
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.quotesocket import QuoteConnection, hello, symbol_of_page

if TYPE_CHECKING:
    from cryptostream.sim.feed import Feed
    from cryptostream.sim.market import Market
    from cryptostream.sim.settings import SimSettings

_GOODBYE_S = 1.0


class SocketRoutes:
    """Accepts websockets and knows the open ones, to close them at the end."""

    def __init__(
        self, settings: SimSettings, market: Market, feed: Feed, board: FaultBoard
    ) -> None:
        self._settings = settings
        self._market = market
        self._feed = feed
        self._board = board
        self._open: set[web.WebSocketResponse] = set()
        self._numbers = count(1)
        self._redirected: dict[str, int] = {}
        self._forget = board.listen(self._on_fault)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/socket.io/websocket", self.quotes),
            web.get("/sim/control", self.control),
        ]

    def _on_fault(self, event: FaultEvent) -> None:
        if event.fault.name == "redirect":
            self._redirected.clear()  # set anew: counted anew

    async def close_all(self, _: web.Application) -> None:
        self._forget()
        for socket in tuple(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _accept(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            timeout=_GOODBYE_S, max_msg_size=MAX_PAYLOAD_UNITS, compress=False
        )
        await socket.prepare(request)
        self._open.add(socket)
        return socket

    def _first(self, page: str, request: web.Request) -> str:
        """Return the first payload: the hello, or where to go instead, as often as asked."""
        fault = self._board.get("redirect", page)
        if fault is not None and self._redirected.get(page, 0) < int(float(fault["times"])):
            self._redirected[page] = self._redirected.get(page, 0) + 1
            return exact_json({"redirect": str(fault["host"]) or request.host})
        return hello(next(self._numbers), self._market.now_ms())

    async def quotes(self, request: web.Request) -> web.StreamResponse:
        page = symbol_of_page(request.query.get("from", ""))
        if self._board.get("refuse_socket", page) is not None:
            return web.Response(status=429, text="simulated: too many connections")
        socket = await self._accept(request)
        connection = QuoteConnection(request, socket, self._feed, self._board)
        try:
            await connection.run(self._first(page, request), self._settings.periods)
        finally:
            self._open.discard(socket)
        return socket

    async def control(self, request: web.Request) -> web.StreamResponse:
        instrument = INSTRUMENTS.get(request.query.get("symbol", ""))
        if instrument is None:
            return web.Response(status=404, text="no such symbol")
        try:
            own = faults_from_query(request.query)
        except CryptoStreamError as error:
            return refusal(error)
        socket = await self._accept(request)
        state = control.PageState(instrument, self._settings.generation, own)
        try:
            await control.serve(socket, state, self._board, self._feed.shown)
        finally:
            self._open.discard(socket)
        return socket
