"""What is known of one market: tickers, best bids and asks, and trades, merged. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptostream.sources.ccxt.convert import Quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.sources.ccxt.convert import Print

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
        quote = self.quote
        late = quote.at is not None and heard.at is not None and heard.at < quote.at
        last = quote.last if late or heard.last is None else heard.last
        return self._becomes(
            Quote(
                last=last,
                bid=quote.bid if heard.bid is None else heard.bid,
                ask=quote.ask if heard.ask is None else heard.ask,
                change=quote.change if heard.change is None else heard.change,
                change_percent=quote.change_percent
                if heard.change_percent is None
                else heard.change_percent,
                volume=quote.volume if heard.volume is None else heard.volume,
                at=quote.at if late or heard.at is None else heard.at,
            )
        )

    def bid_ask(self, heard: Quote) -> bool:
        """Take the best bid and ask alone; return whether one of them is new."""
        return self._becomes(replace(self.quote, bid=heard.bid, ask=heard.ask))

    def trades(self, heard: Iterable[Print]) -> list[Print]:
        """Take trades in their order; return those that were not taken before.

        The newest one is the last price, except in the first answer: that may be old.
        """
        fresh = [trade for trade in heard if self._is_new(trade)]
        if fresh and (self._traded or self.quote.last is None):
            newest = fresh[-1]
            at = self.quote.at if newest.at is None else newest.at
            self._becomes(replace(self.quote, last=newest.price, at=at))
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
