"""One ticker as its streams tell it: numbers checked, trades in order, records made. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.records import TickText, TradeText
from cryptostream.sources.binance.holes import Holes
from cryptostream.sources.binance.numbers import changed, positive, positive_or_none, signed

if TYPE_CHECKING:
    from cryptostream.sources.binance.listing import Day, Grid
    from cryptostream.sources.binance.messages import BookMessage, DayMessage, TradeMessage

SOURCE = "binance"
NS_PER_S = 1_000_000_000
_NS_PER_MS, _NS_PER_US = 1_000_000, 1_000
# A time in ms has 13 digits until the year 2286; a time in us has 16.
_LARGEST_MS = 10**14
# A time that is further than this (ns) from ours is that of a clock nobody should trust.
_FURTHEST = 60 * NS_PER_S


@dataclass(slots=True)
class Counts:
    """What a source has seen, all tickers together."""

    duplicates: int = 0
    late: int = 0
    gaps: int = 0
    lost: int = 0
    skewed: int = 0
    malformed: int = 0
    unexpected: int = 0
    unrouted: int = 0


class Order(enum.Enum):
    """Where a trade stands among those before it."""

    NEWEST = enum.auto()
    LATE = enum.auto()
    KNOWN = enum.auto()


class Quotes:
    """The state of one ticker. ``symbol`` is what its records are of, ``also`` are its copies.

    ``settled`` is set while nothing but records is to be expected of it: its owner looks closer
    at the next message when it is not. ``fresh`` says that a value came since the streams were
    subscribed (again). Times are in ns since the Unix epoch.
    """

    def __init__(self, ticker: str, counts: Counts, *, trades: bool) -> None:
        self.ticker = ticker
        self.symbol = ""
        self.also: tuple[str, ...] = ()
        self.simulated = False
        self.settled = False
        self.fresh = False
        self.streamed = False
        self.heard_ns = 0
        self.gap_ns = 0
        # A trade moved the price, and no tick that shows it was handed out yet.
        self.moved = False
        self.holes = Holes()
        self._counts = counts
        self._trades = trades
        self._made: TickText | None = None
        # Price, time and the exchange's time of the trade that moved it.
        self._moved_by: tuple[str, int, int | None] | None = None
        # Below zero: the next trade is the first since the streams were subscribed (again).
        self._expected = -1
        self._before = 0
        self._update = 0
        self._price_zeros = self._size_zeros = ""
        self._last: str | None = None
        # As text: the same one again need not be read again.
        self._bid_text = self._ask_text = self._read_price = ""
        self._price_text: str | None = None
        self._bid: str | None = None
        self._ask: str | None = None
        self._change: str | None = None
        self._percent: str | None = None
        self._volume: str | None = None

    @property
    def expected(self) -> int:
        """The number that the next trade has if none is missing; below 0 before the first."""
        return self._expected

    @property
    def tick(self) -> TickText | None:
        """The newest tick; that of a trade is made only now, as most are never asked for."""
        if self._moved_by is not None:
            return self._make(*self._moved_by)
        return self._made

    def due(self) -> TickText | None:
        """Hand out the tick of the trades since the last one, if there were any."""
        if not self.moved:
            return None
        self.moved = False
        return self.tick

    def fit(self, grid: Grid) -> None:
        """Take the grids that prices and quantities lie on."""
        self._price_zeros, self._size_zeros = grid.price_zeros, grid.size_zeros
        self._bid_text = self._ask_text = ""
        self._price_text = None

    def interrupted(self) -> None:
        """Nothing comes for a while; what was known is not fresh any more."""
        self.settled = self.fresh = self.streamed = False
        if self._expected >= 0:
            self._before, self._expected = self._expected, -1
        self._update = 0
        self._last = None

    # -- what the streams say -----------------------------------------------------------

    def trade(self, message: TradeMessage, now_ns: int) -> TradeText | None:
        """Take a trade; one that was seen before gives nothing, a late one does not move the tick.

        Raises:
            ProtocolError: its numbers are none.

        """
        price = self._price(message.p)
        quantity = positive(message.q, self._size_zeros)
        number = message.t
        order = Order.NEWEST
        if number == self._expected:
            self._expected = number + 1
        else:
            order = self._place(number, now_ns)
            if order is Order.KNOWN:
                self._counts.duplicates += 1
                return None
        # As in _time(), whose call would cost as much as what it does.
        source_ns = message.T * _NS_PER_MS
        near = -_FURTHEST < now_ns - source_ns < _FURTHEST
        at = source_ns if near else self._time(message.T, now_ns)
        if order is Order.LATE:
            # It is a trade all the same, but not the last price.
            self._counts.late += 1
        else:
            self._last = price
            self._moved_by = (price, now_ns, at)
            self.heard_ns = now_ns
            self.moved = self.fresh = self.streamed = True
        return TradeText(
            symbol=self.symbol,
            source=SOURCE,
            method="stream",
            ts_observed=now_ns,
            ts_source=at,
            simulated=self.simulated,
            price=price,
            quantity=quantity,
            side="sell" if message.m else "buy",
            trade_id=str(number),
        )

    def book(self, message: BookMessage, now_ns: int) -> TickText | None:
        """Take the best bid and ask; a tick when one of the prices moved.

        Raises:
            ProtocolError: its numbers are none.

        """
        if message.u <= self._update:
            return None
        self._update = message.u
        self.heard_ns = now_ns
        same_bid, same_ask = message.b == self._bid_text, message.a == self._ask_text
        if same_bid and same_ask and self.streamed:
            return None  # only the sizes moved
        if not same_bid:
            self._bid = positive_or_none(message.b, self._price_zeros)
            self._bid_text = message.b
        if not same_ask:
            self._ask = positive_or_none(message.a, self._price_zeros)
            self._ask_text = message.a
        if self._last is None:
            return None
        return self._streamed(self._last, now_ns, None)

    def day(self, message: DayMessage, now_ns: int) -> TickText | None:
        """Take the numbers of the day; their price counts where no trade is known.

        Raises:
            ProtocolError: its numbers are none.

        """
        price = positive(message.c, self._price_zeros)
        opened = positive(message.o, self._price_zeros)
        volume = signed(message.v, self._size_zeros)
        if message.p is None or message.P is None:
            change, percent = changed(opened, price)
        else:
            change, percent = signed(message.p, self._price_zeros), signed(message.P)
        self._change, self._percent, self._volume = change, percent, volume
        last = self._last
        if last is None or self._expected < 0 or not self._trades:
            last = self._last = price
        return self._streamed(last, now_ns, None)

    # -- what was asked for -------------------------------------------------------------

    def polled(self, day: Day, now_ns: int, *, simulated: bool) -> TickText | None:
        """Take the numbers of the day from REST; a stream that was faster wins.

        Raises:
            ProtocolError: its numbers are none.

        """
        if self.streamed:
            return None
        zeros = self._price_zeros
        last = positive(day.last, zeros)
        bid, ask = positive_or_none(day.bid, zeros), positive_or_none(day.ask, zeros)
        self._change, self._percent = signed(day.change, zeros), signed(day.percent)
        self._volume = signed(day.volume, self._size_zeros)
        self._last, self._bid, self._ask = last, bid, ask
        self._bid_text = self._ask_text = ""
        self.fresh = True
        self.heard_ns = now_ns
        self._moved_by = None
        self._made = tick = TickText(
            symbol=self.symbol,
            source=SOURCE,
            method="poll",
            ts_observed=now_ns,
            ts_source=self._time(day.time, now_ns),
            simulated=simulated,
            last=last,
            bid=bid,
            ask=ask,
            change=self._change,
            change_percent=self._percent,
            volume=self._volume,
        )
        return tick

    # -- parts --------------------------------------------------------------------------

    def _streamed(self, last: str, now_ns: int, at: int | None) -> TickText:
        self.heard_ns = now_ns
        self.fresh = self.streamed = True
        self.moved = False
        return self._make(last, now_ns, at)

    def _make(self, last: str, now_ns: int, at: int | None) -> TickText:
        self._moved_by = None
        self._made = tick = TickText(
            symbol=self.symbol,
            source=SOURCE,
            method="stream",
            ts_observed=now_ns,
            ts_source=at,
            simulated=self.simulated,
            last=last,
            bid=self._bid,
            ask=self._ask,
            change=self._change,
            change_percent=self._percent,
            volume=self._volume,
        )
        return tick

    def _price(self, text: str) -> str:
        """Return a trade's price, which often is that of the one before."""
        if text == self._price_text:
            return self._read_price
        price = positive(text, self._price_zeros)
        self._price_text, self._read_price = text, price
        return price

    def _place(self, number: int, now_ns: int) -> Order:
        """Find the place of a trade that is not simply the next one."""
        expected = self._expected
        if expected < 0:
            # The first one since we came (back). Lower than before: it is another numbering.
            expected = self._before or number
            if number < expected:
                expected, self.holes = number, Holes()
        elif number < expected:
            return Order.LATE if self.holes.filled(number) else Order.KNOWN
        self._expected = number + 1
        if number > expected:
            self._counts.gaps += 1
            self._counts.lost += number - expected
            self.holes.opened(expected, number)
            self.gap_ns = now_ns
            self.settled = False
        return Order.NEWEST

    def _time(self, at: int, now_ns: int) -> int | None:
        ns = at * _NS_PER_MS if at < _LARGEST_MS else at * _NS_PER_US
        if -_FURTHEST < now_ns - ns < _FURTHEST:
            return ns
        self._counts.skewed += 1
        return None
