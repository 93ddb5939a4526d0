"""uvicorn as a part of our process: our signals, our logs, and connections that can be cut."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from cryptostream.errors import StartError
from cryptostream.gateway.websocket import ABORT

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp
    from websockets.http11 import Request

    from cryptostream.config.gateway import Gateway

# What is open after the close codes were sent gets so long (s), then it is cut.
_GRACE = 1
# A peer that answers no ping gets so long (s) to take the close frame.
_CUT_AFTER = 1.0
# Left alone, Linux lets 4 MB wait for one slow viewer before we learn that it is slow.
_KERNEL_BUFFER = 262_144


class CuttableConnection(WebSocketsSansIOProtocol):
    """A WebSocket connection that can be cut: a peer that reads nothing takes no close frame."""

    def handle_connect(self, event: Request) -> None:
        """Give the application the means to cut."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]

    def keepalive_timeout(self) -> None:
        """Close a connection whose peer answered no ping, and cut it if that is not enough."""
        super().keepalive_timeout()
        self.loop.call_later(_CUT_AFTER, self.transport.abort)


class PromptConnection(H11Protocol):
    """An HTTP connection that is cut when a request does not arrive as a whole.

    Half a request would hold its descriptor for ever, and costs whoever sends it nothing.
    """

    # How long (s) a request may take to arrive; the largest that is taken is some KiB.
    whole_within = 10.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request, or the last one."""
        super().data_received(data)
        self._watch()

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: ANN401 - h11's
        """Leave the connection to the WebSocket, which has deadlines of its own."""
        self._calm()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._calm()
        super().connection_lost(exc)

    def _watch(self) -> None:
        cycle = self.cycle
        arriving = cycle is None or cycle.response_complete or cycle.more_body
        # Between two requests uvicorn has a time of its own.
        if not arriving or self.timeout_keep_alive_task or self.transport.is_closing():
            self._calm()
        elif self._late is None:
            self._late = self.loop.call_later(self.whole_within, self.transport.abort)

    def _calm(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Listener(uvicorn.Server):
    """The HTTP server inside a supervised child."""

    def __init__(self, app: ASGIApp, settings: Gateway) -> None:
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="none",
            http=PromptConnection,
            ws=CuttableConnection,
            ws_max_size=settings.max_message,
            ws_per_message_deflate=False,
            ws_ping_interval=settings.ping,
            ws_ping_timeout=settings.ping,
            lifespan="off",
            log_config=None,
            access_log=False,
            # Who stands behind a proxy is not taken from a header that anybody can send.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        super().__init__(config)
        self._settings = settings

    def bind(self) -> socket.socket:
        """Return the socket that is listened on.

        Raises:
            StartError: the address cannot be had.

        """
        host, port = self._settings.host, self._settings.port
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listening = socket.create_server(address[:2], family=family)
        except OSError as error:
            raise StartError(
                f"cannot listen on {host}:{port}: {error.strerror}",
                code="port_in_use",
                hint="end the other program, or set gateway.port",
            ) from error
        # Connections inherit it.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
        return listening

    async def run_on(self, listening: socket.socket) -> None:
        """Serve until ``should_exit``; signals are the supervisor's."""
        try:
            await self._serve([listening])
        finally:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            # Cut connections are closed in the next pass of the loop.
            await asyncio.sleep(0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave signals alone."""
        del sig, frame


async def started(server: uvicorn.Server, within: float) -> None:
    """Wait until connections are accepted.

    Raises:
        TimeoutError: they are not within so many seconds.

    """
    async with asyncio.timeout(within):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
