"""The highest rate that is still carried: a search on a ladder of rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHARE = 0.98
P50_MS = 50.0
# A page that paints less than this part of what it was asked for is itself the limit.
_PAGE_KEEPS_UP = 0.9


class Step(NamedTuple):
    """What was seen at one rate: asked of the page, painted by it, delivered of that."""

    asked: float
    rate: float
    share: float
    p50: float

    @property
    def carried(self) -> bool:
        """Whether everything arrived in time."""
        return self.share >= SHARE and self.p50 < P50_MS

    @property
    def at_limit(self) -> bool:
        """Whether the page itself cannot paint faster."""
        return self.rate < self.asked * _PAGE_KEEPS_UP


def climb(rates: Sequence[int], attempt: Callable[[int], Step]) -> Step:
    """Return the highest step that is carried, by halving; the lowest one when none is.

    A page at its own limit that still delivers everything ends the search: more cannot be
    shown.
    """
    best = Step(rates[0], 0.0, 0.0, 0.0)
    low, high = 0, len(rates)
    while low < high:
        middle = (low + high) // 2
        step = attempt(rates[middle])
        if step.carried:
            best = max(best, step, key=lambda one: one.rate)
            low = middle + 1
        else:
            high = middle
        if step.carried and step.at_limit:
            break
    return best
