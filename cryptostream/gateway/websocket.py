"""One viewer by WebSocket.

Plain ASGI instead of Starlette's class: its checks cost as much as the sending itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.datastructures import Headers

from cryptostream.errors import CryptoStreamError, Overloaded, RequestError
from cryptostream.gateway.admission import Allowance
from cryptostream.gateway.auth import BadToken, bearer, bearer_of_subprotocols
from cryptostream.gateway.closing import Close
from cryptostream.gateway.conversation import Conversation
from cryptostream.gateway.encoding import Codec
from cryptostream.gateway.messages import Hello, decode_request, error_map
from cryptostream.gateway.sending import Sender

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.messages import Request, RequestId
    from cryptostream.gateway.services import Services
    from cryptostream.gateway.viewer import Viewer

# A viewer that has to give a token does it within so many seconds.
_TOKEN_WITHIN = 5.0
# So many messages in a row that cannot be read come from no viewer of ours.
_MALFORMED = 10
# The name under which the listener hands the connection's abort to us.
ABORT = "cryptostream.abort"


class _Gone(Exception):
    """The peer has left."""


class WebSocketViewer:
    """Runs one connection from its handshake to its end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, services: Services) -> None:
        self._scope = scope
        self._receive = receive
        self._asgi_send = send
        self._services = services
        self._headers = Headers(scope=scope)
        self._codec = _codec(scope["subprotocols"])
        self._sender = Sender()
        self._first: tuple[RequestId, Request] | None = None

    async def run(self) -> None:
        """Serve until either side ends it."""
        await self._receive()
        try:
            self._services.doorkeeper.check_page(self._headers)
        except RequestError as error:
            await self._deny(error)
            return
        await self._accept()
        with contextlib.suppress(_Gone):
            viewer = await self._admitted()
            if viewer is not None:
                await self._serve(viewer)

    # -- coming in ----------------------------------------------------------------------

    async def _deny(self, error: CryptoStreamError) -> None:
        self._services.counters.count_refused(error.code)
        headers = [(b"content-type", b"application/json")]
        start = {"type": "websocket.http.response.start", "status": 403, "headers": headers}
        await self._asgi_send(start)
        body = msgspec.json.encode({"error": error_map(error)})
        await self._asgi_send({"type": "websocket.http.response.body", "body": body})

    async def _accept(self) -> None:
        name = self._codec.value
        chosen = name if name in self._scope["subprotocols"] else None
        await self._asgi_send({"type": "websocket.accept", "subprotocol": chosen})

    async def _admitted(self) -> Viewer | None:
        try:
            grant = await self._grant()
        except BadToken:
            await self._refuse(Close.BAD_TOKEN)
            return None
        if grant is None:
            await self._refuse(Close.NO_TOKEN)
            return None
        address = (self._scope.get("client") or ("", 0))[0]
        viewer = self._services.viewer(self._codec, grant, address, self._sender.wake)
        try:
            self._services.doorkeeper.check_place(viewer)
        except Overloaded:
            await self._refuse(Close.TOO_MANY_VIEWERS)
            return None
        return viewer

    async def _grant(self) -> Grant | None:
        doorkeeper = self._services.doorkeeper
        secret = bearer(self._headers.get("authorization", "")) or bearer_of_subprotocols(
            self._scope["subprotocols"]
        )
        grant = doorkeeper.grant(secret)
        if grant is not None:
            return grant
        try:
            async with asyncio.timeout(_TOKEN_WITHIN):
                request_id, request = decode_request(self._codec, await self._message())
        except TimeoutError:
            return None
        if not isinstance(request, Hello):
            return None
        self._first = (request_id, request)
        return doorkeeper.grant(request.token)

    async def _refuse(self, why: Close) -> None:
        self._services.counters.count_refused(why.reason)
        await self._close(why)

    # -- being there --------------------------------------------------------------------

    async def _serve(self, viewer: Viewer) -> None:
        services = self._services
        services.hub.join(viewer)
        try:
            async with asyncio.TaskGroup() as tasks:
                send = self._send_text if self._codec is Codec.JSON else self._send_bytes
                sending = tasks.create_task(self._sender.run(viewer, services, send))
                ending = tasks.create_task(self._end())
                with contextlib.suppress(_Gone):
                    await self._converse(viewer)
                sending.cancel()
                if viewer.closing is None:
                    ending.cancel()
        finally:
            services.leave(viewer)

    async def _converse(self, viewer: Viewer) -> None:
        services = self._services
        settings = services.config.gateway
        conversation = Conversation(viewer, services.hub, services.upstream, services.config)
        allowance = Allowance(viewer.grant.rate or settings.request_rate, time.monotonic())
        if self._first is not None:
            await conversation.answer(*self._first)
        unreadable = 0
        while viewer.closing is None:
            request_id, request = decode_request(self._codec, await self._message())
            if not allowance.take(time.monotonic()):
                request = _too_fast()
            if isinstance(request, CryptoStreamError):
                services.counters.count_refused(request.code)
                conversation.refuse(request_id, request)
                unreadable = unreadable + 1 if request.code == "malformed" else 0
            else:
                unreadable = 0
                await conversation.answer(request_id, request)
            if allowance.is_flood() or unreadable >= _MALFORMED:
                viewer.close(Close.FLOOD if allowance.is_flood() else Close.MALFORMED)
        while True:
            await self._message()  # until the end of the connection is told

    async def _end(self) -> None:
        why = await self._sender.end(self._close, self._abort)
        self._services.counters.count_closed(why.reason)

    # -- the connection -----------------------------------------------------------------

    async def _message(self) -> bytes | str:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise _Gone
        body: bytes | str | None = event.get("text")
        return body if body is not None else event.get("bytes") or b""

    async def _send_text(self, message: bytes) -> None:
        await self._asgi_send({"type": "websocket.send", "text": message.decode()})

    async def _send_bytes(self, message: bytes) -> None:
        await self._asgi_send({"type": "websocket.send", "bytes": message})

    async def _close(self, why: Close) -> None:
        event = {"type": "websocket.close", "code": int(why), "reason": why.reason}
        await self._asgi_send(event)

    def _abort(self) -> None:
        self._scope["extensions"][ABORT]()


def _codec(offered: list[str]) -> Codec:
    """Return the first form that the viewer offers and we know; JSON when there is none."""
    known = {codec.value: codec for codec in Codec}
    return next((known[name] for name in offered if name in known), Codec.JSON)


def _too_fast() -> Any:  # noqa: ANN401
    return Overloaded(
        "too many messages", code="too_many_requests", hint="send fewer, with more tickers each"
    )
