"""What is known of one market: tickers, best bids and asks, and trades, merged. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptostream.sources.ccxt.convert import Quote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from cryptostream.sources.ccxt.convert import Print

# What a ticker says besides its last price.
_DAY = ("bid", "ask", "change", "change_percent", "volume")
# As many trades as ccxt itself remembers of a market; a repeated one is not older.
_REMEMBERED = 1000


class Quotes:
    """One market. ``quote`` is the newest of everything; ``at`` there is that of ``last``.

    ``fresh``: a price has come since the connection was made.
    """

    def __init__(self) -> None:
        self.quote = Quote()
        self.fresh = False
        self._known: set[str] = set()
        self._order: deque[str] = deque()
        self._traded = False

    def ticker(self, heard: Quote) -> bool:
        """Take a ticker; return whether something about the prices is new.

        What it does not say stays; a last price that is older than that of a trade is none.
        """
        before = self.quote
        last, at = self._last_of(heard)
        said = {name: value for name in _DAY if (value := getattr(heard, name)) is not None}
        return self._becomes(replace(before, last=last, at=at, **said))

    def _last_of(self, heard: Quote) -> tuple[Decimal | None, int | None]:
        """Return the last price and its time: of a ticker, or still those that are known."""
        known = self.quote
        late = known.at is not None and heard.at is not None and heard.at < known.at
        # The same price without a time is the known one with its time.
        same = heard.at is None and heard.last == known.last
        if heard.last is None or late or same:
            return known.last, known.at
        return heard.last, heard.at

    def bid_ask(self, heard: Quote) -> bool:
        """Take the best bid and ask alone; return whether one of them is new."""
        return self._becomes(replace(self.quote, bid=heard.bid, ask=heard.ask))

    def trades(self, heard: Iterable[Print]) -> list[Print]:
        """Take trades in their order; return those that were not taken before.

        The newest one is the last price, except in the first answer: that may be old.
        """
        fresh = [trade for trade in heard if self._is_new(trade)]
        if fresh and (self._traded or self.quote.last is None):
            self._becomes(replace(self.quote, last=fresh[-1].price, at=fresh[-1].at))
        self._traded = self._traded or bool(fresh)
        return fresh

    def interrupted(self) -> None:
        """Note that the connection is new: what comes first may be old again."""
        self._traded = self.fresh = False

    def _becomes(self, quote: Quote) -> bool:
        before, self.quote = self.quote, quote
        self.fresh = quote.last is not None
        prices = (quote.last, quote.bid, quote.ask)
        return prices != (before.last, before.bid, before.ask) or quote.at != before.at

    def _is_new(self, trade: Print) -> bool:
        if trade.id is None:
            return True
        if trade.id in self._known:
            return False
        self._known.add(trade.id)
        self._order.append(trade.id)
        if len(self._order) > _REMEMBERED:
            self._known.discard(self._order.popleft())
        return True
