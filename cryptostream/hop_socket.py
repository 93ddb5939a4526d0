"""The inner hop's end of a Unix stream on an asyncio loop: frames out at once, frames in.

A write goes to the kernel in the same pass of the loop and wakes the reader directly; a
ZeroMQ socket would wake two threads of its own in between, which costs about 0.2 ms on a
machine that is otherwise idle.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cryptostream.errors import ProtocolError
from cryptostream.read_buffer import BufferedStream
from cryptostream.wire.hop import Unframer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptostream.wire.hop import Frame


class HopSocket(BufferedStream):
    """One connection of the inner hop.

    ``on_frames`` gets what one read brought; a :class:`ProtocolError` that it raises, and bytes
    that are no frames, end the connection. ``on_lost`` is told why, once. What waits to be
    written is bounded by ``bound`` bytes: :meth:`send` refuses what comes on top, and the
    caller counts it.
    """

    def __init__(
        self,
        on_frames: Callable[[HopSocket, Sequence[Frame]], None],
        on_lost: Callable[[HopSocket, str], None],
        bound: int,
    ) -> None:
        super().__init__()
        self._on_frames = on_frames
        self._on_lost = on_lost
        self._bound = bound
        self._unframer = Unframer()
        self._transport: asyncio.Transport | None = None
        self._why = "its connection ended"
        self._ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def received(self, data: bytes) -> None:
        """Hand on what this read completed."""
        try:
            self._on_frames(self, self._unframer.feed(data))
        except ProtocolError as error:
            self.cut(error.message)

    def connection_lost(self, error: Exception | None) -> None:
        """Say that it is over."""
        self._transport = None
        self._ended.set()
        self._on_lost(self, f"{self._why}: {error}" if error else self._why)

    def send(self, data: bytes) -> bool:
        """Write without waiting; return whether it was taken."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > self._bound:
            return False
        transport.write(data)
        return True

    def cut(self, why: str) -> None:
        """End the connection at once, for this reason."""
        if self._transport is not None:
            self._why = why
            self._transport.abort()

    async def close(self, within: float) -> None:
        """End the connection; what waits to be written has so many seconds to leave."""
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(within):
                await self._ended.wait()
        except TimeoutError:
            self.cut("it did not read to the end")
            await self._ended.wait()
