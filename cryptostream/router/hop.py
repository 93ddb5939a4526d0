"""The router's end of the inner hop: which workers are up, and what they lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Hop:
    """One worker as the router sees it."""

    worker: str
    incarnation: int
    route: bytes
    source: str
    pid: int
    heard: float
    number: int = 0
    promised: int = 0  # what the last beat said was sent
    lost: int = 0
    detail: dict[str, str | int | float | None] = field(default_factory=dict)


class Hops:
    """All workers by name and by incarnation; times in seconds on the caller's clock."""

    def __init__(self, liveness: float) -> None:
        self._liveness = liveness
        self._by_name: dict[str, Hop] = {}
        self._by_incarnation: dict[int, Hop] = {}

    def up(self, hop: Hop) -> None:
        """Take a worker in, in place of a former one of its name."""
        former = self._by_name.get(hop.worker)
        if former is not None:
            self._by_incarnation.pop(former.incarnation, None)
        self._by_name[hop.worker] = hop
        self._by_incarnation[hop.incarnation] = hop

    def down(self, worker: str) -> None:
        """Take a worker out."""
        former = self._by_name.pop(worker, None)
        if former is not None:
            self._by_incarnation.pop(former.incarnation, None)

    def named(self, worker: str) -> Hop | None:
        """Return a worker by name."""
        return self._by_name.get(worker)

    def sender(self, incarnation: int) -> Hop | None:
        """Return the worker whose messages carry this incarnation."""
        return self._by_incarnation.get(incarnation)

    def all(self) -> list[Hop]:
        """Return all workers."""
        return list(self._by_name.values())

    def silent(self, now: float) -> list[Hop]:
        """Return the workers that have not been heard for too long."""
        return [hop for hop in self._by_name.values() if now - hop.heard > self._liveness]


def missing_before(hop: Hop, number: int) -> int:
    """Take a message's number; return how many of the worker's messages are missing before it.

    Numbers begin at 1 when a worker starts. A router that begins later takes the first number
    it sees as the start.
    """
    missing = number - hop.number - 1 if hop.number else 0
    hop.number = number
    if missing > 0:
        hop.lost += missing
    return max(0, missing)


def missing_at_beat(hop: Hop, sent: int) -> int:
    """Take a beat's count of sent messages; return how many of the last ones were lost.

    A beat travels on another socket and may be early: what it counts has to be here by the
    next one.
    """
    missing = hop.promised - hop.number if hop.number else 0
    hop.promised = sent
    if missing <= 0:
        return 0
    hop.number += missing
    hop.lost += missing
    return missing
