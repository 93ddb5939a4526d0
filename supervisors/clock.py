"""Time, as something that can be handed in: the real one here, a manual one in ``testing``."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only go forward, and a way to wait for them."""

    def now(self) -> float:
        """Return the time in seconds since some fixed moment."""

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""


class MonotonicClock:
    """The clock of the machine; it never jumps back."""

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in the running event loop."""
        await asyncio.sleep(seconds)


async def happens(event: asyncio.Event, within: float, clock: Clock) -> bool:
    """Wait for the event, at most so many seconds; say whether it happened."""
    if event.is_set():
        return True
    waits = (asyncio.create_task(event.wait()), asyncio.create_task(clock.sleep(within)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return event.is_set()
