"""Evenly spaced, distinct prices for measuring: a saw-tooth that climbs tick by tick."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.sim.quote import Quote

_LONGEST_CYCLE = 20_000
_SHORTEST_CYCLE = 50
# A twentieth of the price at most: the fall at the end must stay a plausible jump.
_PART = 20


class SyntheticPrices:
    """Price number n is due ``n / rate`` seconds after the start; a cycle never repeats one."""

    def __init__(self, base: Quote, rate: float) -> None:
        self._base = base
        self._rate = rate
        self.cycle = max(_SHORTEST_CYCLE, min(_LONGEST_CYCLE, base.last // _PART))

    def due(self, number: int) -> float:
        """Return the seconds from the start to price ``number``."""
        return number / self._rate

    def quote(self, number: int) -> Quote:
        """Return the quote with price ``number``."""
        return replace(self._base, last=self._base.last + number % self.cycle)
