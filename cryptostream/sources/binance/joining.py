"""Two connections that carry the same ticker for a while: no trade lost, none out of order. Pure.

The old connection goes on until the new one is known to be without a hole: until it has
brought a trade that the old one brought already, or the very next one. What it brings before
that is kept; when the old connection ends first, that is what there is.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.records import TickText, TradeText
    from cryptostream.sources.binance.messages import BookMessage, DayMessage, TradeMessage
    from cryptostream.sources.binance.quotes import Quotes

# Trades that are kept; more than the busiest ticker has in an overlap. The oldest gives way.
KEPT = 10_000


class Joining:
    """Stands before the quotes of a ticker on a connection that is to take over."""

    def __init__(self, quotes: Quotes) -> None:
        self.quotes = quotes
        self._joined = False
        self._kept: deque[tuple[TradeMessage, int]] = deque(maxlen=KEPT)

    def trade(self, message: TradeMessage, now_ns: int) -> TradeText | None:
        """Take a trade of the new connection."""
        expected = self.quotes.expected
        if self._joined or expected < 0 or message.t <= expected:
            self._joined = True
            self._kept.clear()
            return self.quotes.trade(message, now_ns)
        self._kept.append((message, now_ns))
        return None

    def book(self, message: BookMessage, now_ns: int) -> TickText | None:
        """Take a best bid and ask: their own numbers tell which is newer."""
        return self.quotes.book(message, now_ns)

    def day(self, message: DayMessage, now_ns: int) -> TickText | None:
        """Take the numbers of the day."""
        return self.quotes.day(message, now_ns)

    def released(self) -> list[TradeText]:
        """Return what is still kept: the old connection has ended."""
        kept, self._kept = self._kept, deque(maxlen=KEPT)
        self._joined = True
        trades = [self.quotes.trade(message, now_ns) for message, now_ns in kept]
        return [trade for trade in trades if trade is not None]
