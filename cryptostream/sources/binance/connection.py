"""One websocket connection to Binance: the thin shell around picows."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from cryptostream.errors import SourceError
from cryptostream.sources.binance.border import FOREIGN, unreachable
from cryptostream.sources.binance.rest import SIMULATED_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sources.binance.intake import Intake

# Nothing that we subscribe to comes near this (bytes).
_LONGEST = 1024 * 1024
# How long (s) a connection may take to end once it was told to.
_GOODBYE = 1.0
# The longest control frame (RFC 6455, 5.5), bytes.
_LONGEST_CONTROL = 125
# Read as one piece at first (bytes); the library doubles it when a busy connection fills it.
_READ = 256 * 1024
# Frames of a larger read that are handed on together: more is late, and no cheaper for each.
_PIECE = 512


class Connection(WSListener):
    """Hands text messages to its intake, answers pings, counts ``reads``.

    ``flush`` is called when what one read brought was handed on. ``spoke`` is called when
    a ping was answered: the exchange counts that as a message.
    """

    def __init__(
        self, intake: Intake, flush: Callable[[], None], spoke: Callable[[], None]
    ) -> None:
        super().__init__()
        self.intake = intake
        self.reads = 0
        self.simulated = False
        self._take = intake.take
        self._flush = flush
        self._spoke = spoke
        self._transport: WSTransport | None = None
        self._abandoned = False
        self._parts = bytearray()
        self._now_ns = 0
        self._left = _PIECE

    # -- life ---------------------------------------------------------------------------

    async def open(self, url: str, host: str, timeout: float) -> None:
        """Connect.

        Raises:
            CryptoStreamError: it is not to be had now; the code says why.

        """
        try:
            async with asyncio.timeout(timeout):
                transport, _ = await ws_connect(
                    lambda _request, _response: self,
                    url,
                    websocket_handshake_timeout=timeout,
                    # Pings must be seen: they are signs of life, and answers to them count.
                    enable_auto_pong=False,
                    max_frame_size=_LONGEST,
                    max_redirects=0,
                    read_buffer_init_size=_READ,
                )
        except FOREIGN as error:
            self._abandoned = True
            raise unreachable(error, host, time.time_ns() / 1e9) from error
        except asyncio.CancelledError:
            self._abandoned = True
            raise
        self.simulated = SIMULATED_HEADER in transport.response.headers

    async def ended(self) -> str:
        """Wait for the end; return why it came, as far as the far side said so.

        Raises:
            SourceError: the far side broke the protocol.

        """
        transport = self._transport
        if transport is None:
            raise SourceError("the connection was never open", code="internal")
        try:
            await transport.wait_disconnected()
        except FOREIGN as error:
            raise SourceError(
                f"the far side broke the protocol: {error}", code="protocol"
            ) from error
        said = transport.close_handshake.recv if transport.close_handshake is not None else None
        if said is None:
            return "the connection was cut"
        return f"the connection was closed: {said.reason or said.code}"

    async def end(self) -> None:
        """Close the connection, and cut it if that takes long."""
        transport = self._transport
        if transport is None:
            return
        self.close()
        try:
            async with asyncio.timeout(_GOODBYE):
                await transport.wait_disconnected()
        except WSError:
            return  # it ended so; ended() has told
        except TimeoutError:
            transport.disconnect(graceful=False)
        except asyncio.CancelledError:
            transport.disconnect(graceful=False)
            raise

    def close(self) -> None:
        """Begin to close the connection."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Cut the connection: it is not expected to hear us."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # -- what is said -------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Send a request."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text)

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self._transport is not None:
            self._transport.send_ping()

    # -- what is heard ------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the connection; one that nobody waits for any more is closed."""
        self._transport = transport
        if self._abandoned:
            transport.disconnect(graceful=False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame; what one read brought has one time, unless it brought very much."""
        # Only data is that long, and to ask for the type of a frame costs more.
        if frame.payload_size > _LONGEST_CONTROL and frame.fin and not self._parts:
            if not self._now_ns:
                self._now_ns = time.time_ns()
            # A copy of 150 bytes is faster here than a view of them.
            self._take(frame.get_payload_as_bytes(), self._now_ns)
        else:
            self._other(transport, frame)
        self._left -= 1
        if frame.last_in_buffer or not self._left:
            self._now_ns = 0
            self._left = _PIECE
            self.reads += 1
            self.intake.settle()
            self._flush()

    def _other(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a control frame, a short message or a part of one."""
        match frame.msg_type:
            case WSMsgType.TEXT if frame.fin:
                self._parts.clear()
                self._now_ns = self._now_ns or time.time_ns()
                self._take(frame.get_payload_as_bytes(), self._now_ns)
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
                self._spoke()
            case WSMsgType.CLOSE:
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            case WSMsgType.TEXT | WSMsgType.CONTINUATION:
                self._part(frame)

    def _part(self, frame: WSFrame) -> None:
        """Put a message together that came in parts; one that is too long is dropped."""
        if frame.msg_type is WSMsgType.TEXT:
            self._parts.clear()
        if len(self._parts) + frame.payload_size <= _LONGEST:
            self._parts += frame.get_payload_as_bytes()
        if frame.fin:
            whole, self._parts = bytes(self._parts), bytearray()
            self._take(whole, time.time_ns())
