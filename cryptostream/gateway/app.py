"""The routes of the gateway as one ASGI application."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from cryptostream.errors import CryptoStreamError, RequestError
from cryptostream.gateway import openapi
from cryptostream.gateway.daemon_gauges import daemon_page
from cryptostream.gateway.dashboard import Dashboard
from cryptostream.gateway.gauges import page_of
from cryptostream.gateway.messages import error_map
from cryptostream.gateway.metrics import CONTENT_TYPE
from cryptostream.gateway.rest import Rest
from cryptostream.gateway.rpc import PATH, PricesApp
from cryptostream.gateway.sse import EventStream
from cryptostream.gateway.websocket import WebSocketViewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cryptostream.gateway.metrics import Page
    from cryptostream.gateway.services import Services

STREAM = "/v1/stream"
# HTTP status of each code; what is not here is a bad request.
_STATUSES = {
    "no_token": 401,
    "bad_token": 401,
    "not_allowed": 403,
    "bad_origin": 403,
    "unknown_symbol": 404,
    "not_found": 404,
    "too_many_tickers": 429,
    "too_many_requests": 429,
    "too_many_viewers": 503,
    "not_connected": 503,
    "no_answer": 503,
    "overloaded": 503,
}
_READY_WITHIN = 1.0


class GatewayApp:
    """Takes every connection to where it is served."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rest = Rest(services)
        self._dashboard = Dashboard()
        self._http = Starlette(
            routes=self._routes(),
            exception_handlers={
                CryptoStreamError: self._on_error,
                HTTPException: self._on_http_error,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket" and scope["path"] == STREAM:
            await WebSocketViewer(scope, receive, send, self._services).run()
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, send)

    def _routes(self) -> list[BaseRoute]:
        answers = [
            Route(f"/v1/{one.name}", self._json(getattr(self._rest, one.name)))
            for one in openapi.ENDPOINTS
        ]
        return [
            *answers,
            Route("/v1/openapi.json", self._openapi),
            Route(STREAM, self._stream),
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            Mount(PATH, app=PricesApp(self._services)),
            # Last: it takes every path, and what it does not have is not found.
            Route("/{path:path}", self._page),
        ]

    def _json(self, answer: Callable[..., Awaitable[bytes]]) -> Callable[..., Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            headers = self._headers(request)
            grant = self._services.doorkeeper.check_request(request.headers)
            body = await answer(request.query_params, grant)
            return Response(body, headers=headers, media_type="application/json")

        return endpoint

    def _headers(self, request: Request) -> dict[str, str]:
        """Refuse a foreign page, and return the headers of the answer to one that is let in."""
        self._services.doorkeeper.check_page(request.headers)
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        origin = request.headers.get("origin")
        if origin is None:
            return headers
        return {**headers, "access-control-allow-origin": origin, "vary": "Origin"}

    async def _stream(self, request: Request) -> ASGIApp:
        headers = self._headers(request)
        grant = self._services.doorkeeper.check_request(request.headers)
        if "text/event-stream" not in request.headers.get("accept", ""):
            raise RequestError(
                "this address is a stream",
                hint="upgrade to WebSocket, or send 'Accept: text/event-stream'",
            )
        return EventStream(request, grant, self._services, headers)

    async def _openapi(self, request: Request) -> Response:
        headers = self._headers(request)
        body = msgspec.json.encode(openapi.description())
        return Response(body, headers=headers, media_type="application/json")

    async def _page(self, request: Request) -> Response:
        self._services.doorkeeper.check_page(request.headers)
        return await self._dashboard.answer(request)

    async def _alive(self, _request: Request) -> Response:
        return Response(b"alive\n", media_type="text/plain")

    async def _ready(self, _request: Request) -> Response:
        client = self._services.upstream.client
        try:
            await client.connected(_READY_WITHIN)
            status = await client.daemon_status(_READY_WITHIN)
        except CryptoStreamError as error:
            return Response(error.line() + "\n", status_code=503, media_type="text/plain")
        if not status["workers"]:
            text = b"no source has reported to the router yet\n"
            return Response(text, status_code=503, media_type="text/plain")
        return Response(b"ready\n", media_type="text/plain")

    async def _metrics(self, request: Request) -> Response:
        headers = self._headers(request)
        self._services.doorkeeper.check_request(request.headers)
        pages = (page_of(self._services, time.time_ns()), await self._daemon())
        text = "".join(page.text() for page in pages)
        return Response(text, headers={**headers, "content-type": CONTENT_TYPE})

    async def _daemon(self) -> Page:
        client = self._services.upstream.client
        try:
            status = await client.daemon_status(_READY_WITHIN)
            return daemon_page(status, await client.tickers(_READY_WITHIN))
        except CryptoStreamError:
            # That is what such a page is for: the gateway's own part is there all the same.
            return daemon_page(None, [])

    async def _on_error(self, _request: Request, error: Exception) -> Response:
        if not isinstance(error, CryptoStreamError):
            raise error
        self._services.counters.count_refused(error.code)
        return _refusal(error, _STATUSES.get(error.code, 400))

    async def _on_http_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        told = RequestError(
            f"{request.method} {request.url.path!r:.80}: {error.detail}",
            code="not_found" if error.status_code == 404 else "bad_request",  # noqa: PLR2004
            hint="see /v1/openapi.json",
        )
        return _refusal(told, error.status_code)


def _refusal(error: CryptoStreamError, status: int) -> Response:
    body = msgspec.json.encode({"error": error_map(error)})
    return Response(body, status_code=status, media_type="application/json")
