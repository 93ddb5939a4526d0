"""Whether a client's connection lives: each of its two sockets judged by itself. Pure.

The life of one socket would hide the death of the other. Times are seconds on the caller's
clock.
"""

from __future__ import annotations

# An answer that takes longer is asked for once more: both sides are on one machine.
ANSWER_WITHIN = 2.0
# So long without any answer while one is awaited is a lost connection.
ANSWERS_SILENT = 2 * ANSWER_WITHIN
# Three missed beats of the daemon are a lost connection (Paranoid Pirate's liveness).
BEATS = 3
# A ping at least this often, however long the lease: its answer says whether the daemon still
# knows us.
PING_WITHIN = 5.0


class Liveness:
    """What was heard when, and what is still awaited."""

    def __init__(self) -> None:
        self._published = 0.0
        self._awaiting: float | None = None
        self._pinged = 0.0
        self._known = 0.0

    def began(self, now: float) -> None:
        """Note new sockets: nothing is late on them yet."""
        self._published = self._pinged = now
        self._awaiting = None

    def published(self, now: float) -> None:
        """Note that something came on the data socket."""
        self._published = now

    def asked(self, now: float) -> None:
        """Note a request."""
        if self._awaiting is None:
            self._awaiting = now

    def answered(self, now: float, *, more: bool) -> None:
        """Note an answer; ``more`` says whether others are awaited."""
        self._awaiting = now if more else None

    def excused(self, now: float) -> None:
        """Begin to wait anew: we did not listen, so nobody is to blame for the silence."""
        self._published = now
        if self._awaiting is not None:
            self._awaiting = now

    def known(self, when: float) -> None:
        """Note a time at which the daemon knew this session, or one before that."""
        self._known = max(self._known, when)

    def known_within(self, lease: float, now: float) -> bool:
        """Tell whether the daemon knew this session less than a lease ago."""
        return now - self._known < lease

    def lost(self, heartbeat: float, now: float) -> str:
        """Return why the connection is lost, ``""`` while it stands."""
        silent = now - self._published
        if silent > BEATS * heartbeat:
            return f"nothing was published for {silent:.1f} s"
        if self._awaiting is not None and now - self._awaiting > ANSWERS_SILENT:
            return f"nothing was answered for {now - self._awaiting:.1f} s"
        return ""

    def ping_due(self, lease: float, now: float) -> bool:
        """Tell whether it is time for a ping, and count it as made."""
        if now - self._pinged < min(lease / BEATS, PING_WITHIN):
            return False
        self._pinged = now
        return True
