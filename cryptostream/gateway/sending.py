"""From the queue of one viewer to its connection, whatever that is."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cryptostream.gateway.closing import Close
    from cryptostream.gateway.services import Services
    from cryptostream.gateway.viewer import Viewer

# A peer that takes no close frame for so long (s) reads nothing: the connection is cut.
_CLOSE_WITHIN = 1.0


class Sender:
    """Sends what waits for one viewer, one message after the other, and ends the connection."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._ending: asyncio.Future[Close] = asyncio.get_running_loop().create_future()

    def wake(self, why: Close | None) -> None:
        """Tell that something waits, and why the connection is to end if it is."""
        self._news.set()
        if why is not None and not self._ending.done():
            self._ending.set_result(why)

    async def run(
        self, viewer: Viewer, services: Services, send: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Send until cancelled, until the connection is to end, or until the peer is gone."""
        try:
            while viewer.closing is None:
                message = viewer.outbox.take()
                if message is None:
                    self._news.clear()
                    await self._news.wait()
                    continue
                await send(message)
                services.delivery.sent(viewer, len(message), time.monotonic())
        except OSError:
            return  # the peer is gone; its connection's reader learns the same

    async def end(
        self, close: Callable[[Close], Awaitable[None]], abort: Callable[[], None]
    ) -> Close:
        """Wait until the connection is to end; close it, and cut it when that takes too long."""
        why = await self._ending
        try:
            async with asyncio.timeout(_CLOSE_WITHIN):
                await close(why)
        except TimeoutError:
            abort()
        except OSError:
            pass  # the peer was faster
        return why
