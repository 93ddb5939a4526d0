"""Which trades are missing: ranges of numbers, bounded. Pure."""

from __future__ import annotations

import bisect

# A feed with more holes than this is not mended by late trades: the oldest is forgotten.
MOST = 64


class Holes:
    """Ranges of numbers that were skipped, in rising order."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def opened(self, start: int, end: int) -> None:
        """Note that the numbers from ``start`` up to, but not including, ``end`` were skipped."""
        self._ranges.append((start, end))
        self._forget()

    def filled(self, number: int) -> bool:
        """Take a number out; return whether it was missing."""
        at = bisect.bisect_right(self._ranges, (number, float("inf"))) - 1
        if at < 0 or number >= self._ranges[at][1]:
            return False
        start, end = self._ranges[at]
        self._ranges[at : at + 1] = [
            part for part in ((start, number), (number + 1, end)) if part[0] < part[1]
        ]
        self._forget()
        return True

    def missing(self) -> int:
        """Return how many numbers are missing."""
        return sum(end - start for start, end in self._ranges)

    def _forget(self) -> None:
        if len(self._ranges) > MOST:
            del self._ranges[0]
