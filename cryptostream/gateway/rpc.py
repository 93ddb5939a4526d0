"""Connect as a part of the gateway: who may come in, and how long an answer may wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from loguru import logger
from starlette.datastructures import Headers
from starlette.responses import Response

from cryptostream.errors import RequestError
from cryptostream.gateway.rpc_codecs import BinaryCodec, JsonCodec
from cryptostream.gateway.rpc_service import Prices
from cryptostream.v1.prices_connect import PriceServiceASGIApplication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Receive, Scope, Send

    from cryptostream.gateway.services import Services

# Where the calls of the service are.
PATH = "/cryptostream.v1.PriceService"
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # Some proxies hold an answer back until it is complete, and a stream never is.
    "x-accel-buffering": "no",
}
# What a page of another origin may send and read, see the CORS section of Connect's documents.
_MAY_SEND = "authorization, connect-protocol-version, connect-timeout-ms, content-type"
# How a client says that it takes compressed answers, to single questions and in streams.
_ACCEPTS = (b"accept-encoding", b"connect-accept-encoding")
# A page need not ask again for so long (s).
_ASKED_FOR = 600


class _Unread(Exception):
    """The client does not read what it asked for."""


class PricesApp:
    """The service as an ASGI application, with the gateway's own checks before it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._connect = PriceServiceASGIApplication(
            Prices(services),
            read_max_bytes=services.config.gateway.max_message,
            codecs=(BinaryCodec(), JsonCodec()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = Headers(scope=scope)
        try:
            self._services.doorkeeper.check_page(headers)
        except RequestError as error:
            self._services.counters.count_refused(error.code)
            await _refusal(403, "permission_denied", error.line())(scope, receive, send)
            return
        more = {**_HEADERS, **_for_page(headers.get("origin"))}
        if scope["method"] == "OPTIONS":
            await _preflight(more)(scope, receive, send)
        elif scope["method"] != "POST":
            # A page may send GET to anybody without saying whose it is.
            refusal = _refusal(405, "unimplemented", "calls are POST requests", {"allow": "POST"})
            await refusal(scope, receive, send)
        else:
            await self._call(_uncompressed(scope), receive, send, more)

    async def _call(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]
    ) -> None:
        within = self._services.config.gateway.slow_after
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]

        async def bounded(event: Message) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event["headers"], *raw]}
            try:
                async with asyncio.timeout(within):
                    await send(event)
            except TimeoutError as error:
                raise _Unread from error

        try:
            await self._connect(scope, receive, bounded)
        except _Unread:
            # The server closes a connection whose answer is not complete.
            logger.warning("a client by Connect read nothing for {} s and was cut", within)


def _uncompressed(scope: Scope) -> Scope:
    """Return the call of a client that may compress its request, and takes no compressed answer.

    As with WebSocket: it costs more than it saves where both are on one machine.
    """
    kept = [(name, value) for name, value in scope["headers"] if name not in _ACCEPTS]
    return {**scope, "headers": kept}


def _for_page(origin: str | None) -> dict[str, str]:
    if origin is None:
        return {}
    return {"access-control-allow-origin": origin, "vary": "Origin"}


def _preflight(headers: Mapping[str, str]) -> Response:
    allowed = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": _MAY_SEND,
        "access-control-max-age": str(_ASKED_FOR),
    }
    return Response(status_code=204, headers={**headers, **allowed})


def _refusal(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a refusal in Connect's form, before it is known which call is meant."""
    told: dict[str, Any] = {"code": code, "message": message}
    body = msgspec.json.encode(told)
    return Response(body, status_code=status, headers=headers, media_type="application/json")
