"""A quote in whole units: what the market knows of a ticker at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

# Quantities are whole millionths of the base asset.
QUANTITY_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One trade as an exchange reports it; ``number`` rises by one from trade to trade.

    The price is in ticks, the quantity in millionths, the time in ms. ``buyer_is_maker``: the
    buyer's order stood in the book, so the seller was the one who came.
    """

    number: int
    price: int
    quantity: int
    buyer_is_maker: bool
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """All that is known of a ticker: prices in ticks, quantities in millionths, time in ms.

    ``number``, ``quantity`` and ``buyer_is_maker`` are those of the last trade. ``trades`` and
    ``turnover`` (ticks times millionths) are those of the day, like ``volume``.
    """

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
    number: int = 0
    quantity: int = 0
    buyer_is_maker: bool = False
    trades: int = 0
    turnover: int = 0

    def traded(self, price: int, quantity: int, time_ms: int) -> Quote:
        """Return the quote after a trade.

        Who came is told by the tick rule: a lower price means a seller, a higher one a buyer,
        and at the same price it is the same side as before.
        """
        moved = price - self.last
        return replace(
            self,
            last=price,
            volume=self.volume + quantity,
            high=max(self.high, price),
            low=min(self.low, price),
            time_ms=time_ms,
            number=self.number + 1,
            quantity=quantity,
            buyer_is_maker=moved < 0 if moved else self.buyer_is_maker,
            trades=self.trades + 1,
            turnover=self.turnover + price * quantity,
        )

    def last_print(self) -> Print:
        """Return the last trade."""
        return Print(
            number=self.number,
            price=self.last,
            quantity=self.quantity,
            buyer_is_maker=self.buyer_is_maker,
            time_ms=self.time_ms,
        )


def to_decimal(units: int, decimals: int) -> Decimal:
    """Return the exact price (or quantity) of a number of units."""
    return Decimal(units).scaleb(-decimals)
