"""One viewer by server-sent events: what it follows is in the address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from cryptostream.errors import BadSymbol, RequestError
from cryptostream.gateway.conversation import Conversation
from cryptostream.gateway.encoding import Codec
from cryptostream.gateway.messages import Subscribe
from cryptostream.gateway.sending import Sender
from cryptostream.gateway.trail import Trail
from cryptostream.symbols import parse_symbol

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.closing import Close
    from cryptostream.gateway.services import Services

_HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    # Some proxies hold an answer back until it is complete, and this one never is.
    "x-accel-buffering": "no",
}


class EventStream:
    """An ASGI response that lasts as long as the viewer stays."""

    def __init__(
        self, request: Request, grant: Grant, services: Services, headers: dict[str, str]
    ) -> None:
        """Read the address.

        Raises:
            RequestError: a parameter is missing or wrong.

        """
        self._services = services
        self._headers = {**headers, **_HEADERS}
        self._wish = _wish(dict(request.query_params))
        symbols = [self._symbol(ticker) for ticker in self._wish.tickers]
        kinds = self._wish.kinds or ("tick",)
        self._trail = Trail(symbols, kinds, request.headers.get("last-event-id", ""))
        self._sender = Sender()
        address = request.client.host if request.client is not None else ""
        self._viewer = services.viewer(
            Codec.JSON, grant, address, self._sender.wake, trail=self._trail
        )
        self._viewer.recover = self._trail.cursors
        services.doorkeeper.check_place(self._viewer)

    def _symbol(self, ticker: object) -> str:
        try:
            return parse_symbol(ticker, self._services.config.default_exchange)
        except BadSymbol:
            return ""  # it keeps its place in the cursor, and its own result says what is wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until either side ends it."""
        del scope
        self._send = send
        raw = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        services, viewer = self._services, self._viewer
        services.hub.join(viewer)
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._sender.run(viewer, services, self._write))
                ending = tasks.create_task(self._end())
                tasks.create_task(self._follow())
                while (await receive())["type"] != "http.disconnect":
                    pass
                sending.cancel()
                if viewer.closing is None:
                    ending.cancel()
        finally:
            services.leave(viewer)

    async def _follow(self) -> None:
        services = self._services
        conversation = Conversation(self._viewer, services.hub, services.upstream, services.config)
        await conversation.follow({"t": "hello"}, self._wish)

    async def _end(self) -> None:
        why = await self._sender.end(self._close, lambda: None)
        self._services.counters.count_closed(why.reason)

    async def _write(self, message: bytes) -> None:
        await self._send({"type": "http.response.body", "body": message, "more_body": True})

    async def _close(self, why: Close) -> None:
        fields = {"t": "close", "code": int(why), "reason": why.reason}
        body = self._trail.frame("close", msgspec.json.encode(fields))
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _wish(query: dict[str, str]) -> Subscribe:
    """Return what an address asks for.

    Raises:
        RequestError: ``tickers`` is missing, or a parameter is wrong.

    """
    tickers = [one for one in query.get("tickers", "").split(",") if one.strip()]
    if not tickers:
        raise RequestError("tickers is missing", hint="add ?tickers=BTCUSDT,ETHUSDT")
    fields: dict[str, Any] = {"op": "subscribe", "tickers": tickers}
    if "kinds" in query:
        fields["kinds"] = query["kinds"].split(",")
    if "interval_ms" in query:
        fields["interval_ms"] = query["interval_ms"]
    try:
        return msgspec.convert(fields, Subscribe, strict=False)
    except msgspec.ValidationError as error:
        raise RequestError(str(error), hint="see docs/http.md") from error
