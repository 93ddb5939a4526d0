"""The router's end of the inner hop: which workers are up, and what they lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Hop:
    """One worker as the router sees it."""

    worker: str
    incarnation: int
    source: str
    pid: int
    heard: float
    number: int = 0  # of its newest data frame
    lost: int = 0
    detail: dict[str, str | int | float | None] = field(default_factory=dict)


class Hops:
    """All workers by name; times in seconds on the caller's clock."""

    def __init__(self, liveness: float) -> None:
        self._liveness = liveness
        self._looked: float | None = None
        self._by_name: dict[str, Hop] = {}

    def up(self, hop: Hop) -> None:
        """Take a worker in, in place of a former one of its name."""
        self._by_name[hop.worker] = hop

    def down(self, worker: str) -> None:
        """Take a worker out."""
        self._by_name.pop(worker, None)

    def named(self, worker: str) -> Hop | None:
        """Return a worker by name."""
        return self._by_name.get(worker)

    def all(self) -> list[Hop]:
        """Return all workers."""
        return list(self._by_name.values())

    def silent(self, now: float) -> list[Hop]:
        """Return the workers that have not been heard for too long.

        When nobody has looked for long (a busy loop, a suspended machine) their beats lie unread:
        they get a fresh start instead of the blame.
        """
        slept = self._looked is not None and now - self._looked > self._liveness / 2
        self._looked = now
        if slept:
            for hop in self._by_name.values():
                hop.heard = now
        return [hop for hop in self._by_name.values() if now - hop.heard > self._liveness]


def missing_before(hop: Hop, number: int) -> int:
    """Take a frame's number; return how many of the worker's frames are missing before it."""
    missing = number - hop.number - 1
    hop.number = number
    if missing <= 0:
        return 0
    hop.lost += missing
    return missing
