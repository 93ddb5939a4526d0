"""A quote in whole units: what the market knows of a ticker at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

# Quantities are whole millionths of the base asset.
QUANTITY_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """All that is known of a ticker: prices in ticks, quantities in millionths, time in ms."""

    last: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    volume: int
    previous_close: int
    open: int
    high: int
    low: int
    time_ms: int

    def traded(self, price: int, quantity: int, time_ms: int) -> Quote:
        """Return the quote after a trade."""
        return replace(
            self,
            last=price,
            volume=self.volume + quantity,
            high=max(self.high, price),
            low=min(self.low, price),
            time_ms=time_ms,
        )


def to_decimal(units: int, decimals: int) -> Decimal:
    """Return the exact price (or quantity) of a number of units."""
    return Decimal(units).scaleb(-decimals)
