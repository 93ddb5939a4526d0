"""What one connection brings: decoded, given to its ticker, the records handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.messages import (
    BOOK_AT,
    BOOK_BEGINS,
    TRADE_AT,
    TRADE_BEGINS,
    UNREADABLE,
    Answer,
    BookMessage,
    DayMessage,
    Shutdown,
    TradeMessage,
    decode,
    read_book,
    read_trade,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.records import TickText, TradeText
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.binance.quotes import Counts, Quotes


class Route(Protocol):
    """Where the messages of a ticker go: its quotes, or what stands before them."""

    def trade(self, message: TradeMessage, now_ns: int) -> TradeText | None:
        """Take a trade."""
        ...

    def book(self, message: BookMessage, now_ns: int) -> TickText | None:
        """Take a best bid and ask."""
        ...

    def day(self, message: DayMessage, now_ns: int) -> TickText | None:
        """Take the numbers of the day."""
        ...


class Desk(Protocol):
    """Who owns the tickers."""

    def look_at(self, quotes: Quotes) -> None:
        """Report how a ticker is doing, before the record that shows it goes out."""
        ...


class Publisher:
    """Hands records on, one of each kind for every symbol that a ticker is wanted as."""

    def __init__(self, outlet: Outlet, desk: Desk) -> None:
        self.outlet = outlet
        self.desk = desk

    def trade(self, quotes: Quotes, trade: TradeText) -> None:
        """Hand on a trade; the tick that it moved is still due."""
        if not quotes.settled:
            self.desk.look_at(quotes)
        self.outlet.trade(trade)
        for symbol in quotes.also:
            self.outlet.trade(replace(trade, symbol=symbol))

    def tick(self, quotes: Quotes, tick: TickText) -> None:
        """Hand on a tick."""
        if not quotes.settled:
            self.desk.look_at(quotes)
        self.outlet.tick(tick)
        for symbol in quotes.also:
            self.outlet.tick(replace(tick, symbol=symbol))

    def due(self, quotes: Quotes) -> None:
        """Hand on the tick that trades have moved, if one is due."""
        tick = quotes.due()
        if tick is not None:
            self.tick(quotes, tick)


class Intake:
    """One connection's messages. ``routes`` holds its tickers under their names."""

    def __init__(
        self,
        publisher: Publisher,
        counts: Counts,
        on_answer: Callable[[Answer], None],
        on_shutdown: Callable[[], None],
    ) -> None:
        self.routes: dict[str, tuple[Quotes, Route]] = {}
        self._publisher = publisher
        self._trade = publisher.outlet.trade
        self._tick = publisher.outlet.tick
        # Tickers that a trade has moved in this pass; a dictionary, for the order.
        self._moved: dict[Quotes, None] = {}
        self._counts = counts
        self._on_answer = on_answer
        self._on_shutdown = on_shutdown

    def take(self, payload: bytes, now_ns: int) -> None:
        """Take a message; what cannot be read or is not wanted is counted.

        Trades and book tops are nearly all there is. Their way is written out here: each call
        less is one part in thirty of what a message costs.
        """
        try:
            if payload[TRADE_AT] == TRADE_BEGINS:
                trade_message = read_trade(payload)
                found = self.routes.get(trade_message.s)
                if found is None:
                    self._counts.unrouted += 1
                    return
                quotes, route = found
                trade = route.trade(trade_message, now_ns)
                tick = None
            elif payload[BOOK_AT] == BOOK_BEGINS:
                book_message = read_book(payload)
                found = self.routes.get(book_message.s)
                if found is None:
                    self._counts.unrouted += 1
                    return
                quotes, route = found
                trade = None
                tick = route.book(book_message, now_ns)
            else:
                self._seldom(payload, now_ns)
                return
        except UNREADABLE:
            self._seldom(payload, now_ns)
            return
        except ProtocolError:
            self._counts.malformed += 1
            return
        if quotes.also or not quotes.settled:
            self._hand_on(quotes, trade, tick)
        elif trade is not None:
            self._trade(trade)
            self._moved[quotes] = None
        elif tick is not None:
            self._tick(tick)

    def settle(self) -> None:
        """End a pass: hand on the ticks that trades have moved and nothing has since.

        Each trade is a record of its own; of several in one read the tick shows the last.
        """
        for quotes in self._moved:
            self._publisher.due(quotes)
        self._moved.clear()

    def _hand_on(self, quotes: Quotes, trade: TradeText | None, tick: TickText | None) -> None:
        """Hand on what a message gave, even if that is only how its ticker is doing now."""
        if trade is not None:
            self._publisher.trade(quotes, trade)
            self._moved[quotes] = None
        elif tick is not None:
            self._publisher.tick(quotes, tick)
        elif not quotes.settled:
            self._publisher.desk.look_at(quotes)

    def _seldom(self, payload: bytes, now_ns: int) -> None:
        """Take what is not, or does not begin like, a trade or a book top."""
        try:
            message = decode(payload)
            if isinstance(message, Answer):
                self._on_answer(message)
            elif isinstance(message, Shutdown):
                self._on_shutdown()
            else:
                self._data(message, now_ns)
        except ProtocolError as error:
            if error.code == "unexpected":
                self._counts.unexpected += 1
            else:
                self._counts.malformed += 1

    def _data(self, message: TradeMessage | BookMessage | DayMessage, now_ns: int) -> None:
        found = self.routes.get(message.s)
        if found is None:
            # The last messages of a ticker that has just been closed.
            self._counts.unrouted += 1
            return
        quotes, route = found
        if isinstance(message, TradeMessage):
            self._hand_on(quotes, route.trade(message, now_ns), None)
        elif isinstance(message, BookMessage):
            self._hand_on(quotes, None, route.book(message, now_ns))
        else:
            self._hand_on(quotes, None, route.day(message, now_ns))
