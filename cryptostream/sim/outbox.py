"""What waits to be sent on one websocket: bounded, with one writer."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web


class Outbox:
    """A queue before a socket. At ``limit`` waiting messages the peer is cut (``overflow``)."""

    def __init__(
        self, socket: web.WebSocketResponse, limit: int, overflow: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._limit = limit
        self._overflow = overflow
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()
        self._finished = False

    def put(self, message: str) -> None:
        """Queue a message; ignored after :meth:`finish`."""
        if self._finished:
            return
        if len(self._waiting) >= self._limit:
            self._finished = True
            self._overflow()
            return
        self._waiting.append(message)
        self._wake.set()

    def finish(self) -> None:
        """Close the socket cleanly once all that waits is sent."""
        self._finished = True
        self._wake.set()

    async def run(self) -> None:
        """Send until finished or the peer has gone."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._waiting:
                    await self._socket.send_str(self._waiting.popleft())
            except ConnectionError:
                # The peer has gone: the reader sees the same and ends the connection.
                return
            if self._finished:
                await self._socket.close()
                return
