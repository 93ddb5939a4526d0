"""What one connection brings: decoded, given to its ticker, the records handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.messages import (
    Answer,
    BookMessage,
    DayMessage,
    TradeMessage,
    decode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.records import TickText
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.binance.quotes import Counts, Quotes, Records


class Route(Protocol):
    """Where the messages of a ticker go: its quotes, or what stands before them."""

    def trade(self, message: TradeMessage, now_ns: int) -> Records:
        """Take a trade."""
        ...

    def book(self, message: BookMessage, now_ns: int) -> Records:
        """Take a best bid and ask."""
        ...

    def day(self, message: DayMessage, now_ns: int) -> Records:
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
        self._outlet = outlet
        self._desk = desk

    def publish(self, quotes: Quotes, records: Records) -> None:
        """Hand on what a message gave."""
        trade, tick = records
        if not quotes.settled:
            self._desk.look_at(quotes)
        if trade is not None:
            self._outlet.trade(trade)
            for symbol in quotes.also:
                self._outlet.trade(replace(trade, symbol=symbol))
        if tick is not None:
            self.tick(quotes, tick)

    def tick(self, quotes: Quotes, tick: TickText) -> None:
        """Hand on a tick alone."""
        self._outlet.tick(tick)
        for symbol in quotes.also:
            self._outlet.tick(replace(tick, symbol=symbol))


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
        self._publish = publisher.publish
        self._counts = counts
        self._on_answer = on_answer
        self._on_shutdown = on_shutdown

    def take(self, payload: bytes, now_ns: int) -> None:
        """Take a message; what cannot be read or is not wanted is counted."""
        try:
            message = decode(payload)
            if isinstance(message, TradeMessage):
                quotes, route = self.routes[message.s]
                self._publish(quotes, route.trade(message, now_ns))
            elif isinstance(message, BookMessage):
                quotes, route = self.routes[message.s]
                self._publish(quotes, route.book(message, now_ns))
            elif isinstance(message, DayMessage):
                quotes, route = self.routes[message.s]
                self._publish(quotes, route.day(message, now_ns))
            elif isinstance(message, Answer):
                self._on_answer(message)
            else:
                self._on_shutdown()
        except KeyError:
            # The last messages of a ticker that has just been closed.
            self._counts.unrouted += 1
        except ProtocolError as error:
            if error.code == "unexpected":
                self._counts.unexpected += 1
            else:
                self._counts.malformed += 1
