"""When a connection that says nothing is dead: asked once, then given up. Pure; times in s."""

from __future__ import annotations

import enum


class Sign(enum.Enum):
    """What a look at a connection leads to."""

    WELL = enum.auto()
    ASK = enum.auto()
    DEAD = enum.auto()


class Vigil:
    """Watches one connection, by the count of frames that it has received.

    The exchange pings each 20 s, elsewhere each 3 min. So a silent connection is asked by a
    ping of ours after half the time, and whatever comes then is a sign of life.
    """

    def __init__(self, limit: float, now: float) -> None:
        self._limit = limit
        self._heard_at = now
        self._frames = 0
        self._asked = False

    def look(self, frames: int, now: float) -> Sign:
        """Take the count of frames received so far."""
        if frames != self._frames:
            self._frames, self._heard_at, self._asked = frames, now, False
            return Sign.WELL
        silent = now - self._heard_at
        if silent >= self._limit:
            return Sign.DEAD
        if silent >= self._limit / 2 and not self._asked:
            self._asked = True
            return Sign.ASK
        return Sign.WELL
