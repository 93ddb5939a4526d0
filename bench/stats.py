"""Percentiles, and which change of a page arrived when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A value that comes later than this (s) is counted as lost: prices repeat after a while.
LOST_AFTER = 10.0
# The page's clock shows tenths of a millisecond: a value may seem to arrive before its stamp.
_COARSE_NS = 1_000_000


class Change(NamedTuple):
    """A price in the page or at the consumer; ``at`` in ns since the Unix epoch."""

    text: str
    at: int


class Delivery(NamedTuple):
    """What became of the changes of a window; latencies in ms."""

    changes: int
    latencies: list[float]

    @property
    def lost(self) -> int:
        """How many changes never arrived."""
        return self.changes - len(self.latencies)

    @property
    def share(self) -> float:
        """The part that arrived."""
        return len(self.latencies) / self.changes if self.changes else 0.0

    def joined(self, other: Delivery) -> Delivery:
        """Return both together."""
        return Delivery(self.changes + other.changes, self.latencies + other.latencies)


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the nearest-rank percentile: one of the values themselves.

    Raises:
        ValueError: there are no values.

    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values, no percentile")
    rank = max(1, math.ceil(len(ordered) * percent / 100))
    return ordered[rank - 1]


def median(values: Iterable[float]) -> float:
    """Return the middle value; the mean of the two middle ones when their number is even.

    Raises:
        ValueError: there are no values.

    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values, no median")
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def bare(text: str) -> str:
    """Return a price without the commas between thousands: as consumers get it."""
    return text.replace(",", "")


def deliver(
    painted: Sequence[Change], received: Sequence[Change], start: int, end: int
) -> Delivery:
    """Find for each change painted in the window the first arrival of its value after it.

    Both sequences are in order of time. A price may be painted again later, so each arrival
    serves one change.
    """
    arrivals: dict[str, list[int]] = {}
    for change in reversed(received):
        arrivals.setdefault(bare(change.text), []).append(change.at)
    latencies: list[float] = []
    inside = [change for change in painted if start <= change.at < end]
    for change in inside:
        at = _take_arrival(arrivals.get(bare(change.text), []), change.at)
        if at is not None:
            latencies.append((at - change.at) / 1e6)
    return Delivery(len(inside), latencies)


def _take_arrival(times: list[int], painted: int) -> int | None:
    """Take what belongs to a change out of the times of its value; the earliest stands last."""
    while times and times[-1] < painted - _COARSE_NS:
        times.pop()
    if times and times[-1] - painted < LOST_AFTER * 1e9:
        return times.pop()
    return None
