"""What waits for one viewer: bounded in bytes and in time, with hysteresis.

Policy ``conflate_then_close``: above three quarters the viewer is warned and conflated harder,
below one half that is over, and when the queue is full or its oldest message too old the
viewer is disconnected. A message is never dropped from the middle.
"""

from __future__ import annotations

import enum
from collections import deque

POLICY = "conflate_then_close"
# Bloomberg's own thresholds of its slow consumer warning: two, so that it does not flap.
WARN_ABOVE = 0.75
CLEAR_BELOW = 0.50


class Verdict(enum.Enum):
    """What a change of the queue means for the viewer."""

    FINE = enum.auto()
    WARN = enum.auto()
    CLEAR = enum.auto()
    CLOSE = enum.auto()


class Outbox:
    """Messages for one viewer, oldest first; times are seconds of any steady clock."""

    def __init__(self, capacity: int, slow_after: float) -> None:
        self.capacity = capacity
        self.queued = 0
        self.slow = False
        self.high_water = 0
        self._slow_after = slow_after
        self._messages: deque[tuple[float, bytes]] = deque()

    def put(self, message: bytes, now: float) -> Verdict:
        """Add a message; with ``CLOSE`` it was not added and nothing more should be."""
        if self.queued + len(message) > self.capacity or self.is_late(now):
            return Verdict.CLOSE
        self._messages.append((now, message))
        self.queued += len(message)
        self.high_water = max(self.high_water, self.queued)
        if not self.slow and self.queued > WARN_ABOVE * self.capacity:
            self.slow = True
            return Verdict.WARN
        return Verdict.FINE

    def take(self) -> bytes | None:
        """Return the oldest message; it counts as waiting until :meth:`taken` says otherwise."""
        return self._messages[0][1] if self._messages else None

    def taken(self) -> Verdict:
        """Say that the oldest message has left."""
        _, message = self._messages.popleft()
        self.queued -= len(message)
        if self.slow and self.queued < CLEAR_BELOW * self.capacity:
            self.slow = False
            return Verdict.CLEAR
        return Verdict.FINE

    def is_late(self, now: float) -> bool:
        """Tell whether the oldest message has waited too long."""
        return bool(self._messages) and now - self._messages[0][0] > self._slow_after

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._messages)
