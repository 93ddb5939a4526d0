"""When a connection that says nothing is dead: asked once, then given up. Pure; times in s."""

from __future__ import annotations

import enum


class Sign(enum.Enum):
    """What a look at a connection leads to."""

    WELL = enum.auto()
    ASK = enum.auto()
    DEAD = enum.auto()


class Vigil:
    """Watches one connection, by the count of reads that brought something.

    The exchange pings each 20 s, elsewhere each 3 min. So a silent connection is asked by a
    ping of ours after half the time, and whatever comes then is a sign of life. It is never
    given up unasked: the silence may have been ours, in a loop that stood still.
    """

    def __init__(self, limit: float, now: float) -> None:
        self._half = limit / 2
        self._heard_at = now
        self._reads = 0
        self._asked_at: float | None = None

    def look(self, reads: int, now: float) -> Sign:
        """Take the count of reads so far."""
        if reads != self._reads:
            self._reads, self._heard_at, self._asked_at = reads, now, None
            return Sign.WELL
        if self._asked_at is not None:
            return Sign.DEAD if now - self._asked_at >= self._half else Sign.WELL
        if now - self._heard_at < self._half:
            return Sign.WELL
        self._asked_at = now
        return Sign.ASK
