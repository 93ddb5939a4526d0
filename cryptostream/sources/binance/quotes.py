"""One ticker as its streams tell it: numbers checked, trades in order, records made. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cryptostream.errors import ProtocolError
from cryptostream.records import Tick, Trade
from cryptostream.sources.binance.holes import Holes

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
# Prices come with eight decimals whatever the tick size.
_POINT = slice(-9, -8)
_THOUSANDTH = Decimal("0.001")

Records = tuple[Trade | None, Tick | None]
NOTHING: Records = (None, None)


@dataclass(slots=True)
class Counts:
    """What a source has seen, all tickers together."""

    trades: int = 0
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


def positive(text: str, zeros: str = "") -> Decimal:
    """Return a price or quantity, without the zeros that are finer than its grid.

    Raises:
        ProtocolError: it is not a number above zero.

    """
    if zeros and text[_POINT] == "." and text.endswith(zeros):
        text = text[: -len(zeros)]
    try:
        # A digit first: neither a sign nor "NaN" nor "Infinity".
        value = Decimal(text) if text[:1].isdecimal() else None
    except ArithmeticError:
        value = None
    if not value:
        raise ProtocolError(f"{text[:40]!r} is neither a price nor a quantity")
    return value


def signed(text: str, zeros: str = "") -> Decimal:
    """Return a change, which may be zero or below.

    Raises:
        ProtocolError: it is not a number.

    """
    digits = text.removeprefix("-")
    if digits.strip("0.") == "" and digits[:1] == "0":
        return Decimal(0)
    value = positive(digits, zeros)
    return value if digits == text else -value


class Quotes:
    """The state of one ticker. ``symbol`` is what its records are of.

    ``settled`` is set while nothing but records is to be expected of it: its owner looks closer
    at the next message when it is not. ``fresh`` says that a value came since the streams were
    subscribed (again). Times are in ns since the Unix epoch.
    """

    def __init__(self, symbol: str, counts: Counts, *, trades: bool) -> None:
        self.symbol = symbol
        self.simulated = False
        self.settled = False
        self.fresh = False
        self.streamed = False
        self.heard_ns = 0
        self.gap_ns = 0
        self.tick: Tick | None = None
        self.holes = Holes()
        self._counts = counts
        self._trades = trades
        # Below zero: the next trade is the first since the streams were subscribed (again).
        self._expected = -1
        self._before = 0
        self._update = 0
        self._price_zeros = self._size_zeros = ""
        self._last: Decimal | None = None
        self._prices = ("", "")
        self._bid: Decimal | None = None
        self._ask: Decimal | None = None
        self._change: Decimal | None = None
        self._percent: Decimal | None = None
        self._volume: Decimal | None = None

    @property
    def expected(self) -> int:
        """The number that the next trade has if none is missing; below 0 before the first."""
        return self._expected

    def fit(self, grid: Grid) -> None:
        """Take the grids that prices and quantities lie on."""
        self._price_zeros, self._size_zeros = grid.price_zeros, grid.size_zeros

    def interrupted(self) -> None:
        """Nothing comes for a while; what was known is not fresh any more."""
        self.settled = self.fresh = self.streamed = False
        if self._expected >= 0:
            self._before, self._expected = self._expected, -1
        self._update = 0
        self._last = None

    # -- what the streams say -----------------------------------------------------------

    def trade(self, message: TradeMessage, now_ns: int) -> Records:
        """Take a trade; one that was seen before gives nothing, a late one no tick.

        Raises:
            ProtocolError: its numbers are none.

        """
        price = positive(message.p, self._price_zeros)
        quantity = positive(message.q, self._size_zeros)
        number = message.t
        order = Order.NEWEST
        if number == self._expected:
            self._expected = number + 1
        else:
            order = self._place(number, now_ns)
            if order is Order.KNOWN:
                self._counts.duplicates += 1
                return NOTHING
        self._counts.trades += 1
        at = self._time(message.T, now_ns)
        trade = Trade(
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
        if order is Order.LATE:
            # It is a trade all the same, but not the last price.
            self._counts.late += 1
            return trade, None
        self._last = price
        return trade, self._streamed(price, now_ns, at)

    def book(self, message: BookMessage, now_ns: int) -> Records:
        """Take the best bid and ask; a tick when one of the prices moved.

        Raises:
            ProtocolError: its numbers are none.

        """
        if message.u <= self._update:
            return NOTHING
        self._update = message.u
        self.heard_ns = now_ns
        prices = (message.b, message.a)
        if prices == self._prices and self.streamed:
            return NOTHING  # only the sizes moved
        bid, ask = (_side(text, self._price_zeros) for text in prices)
        self._prices, self._bid, self._ask = prices, bid, ask
        if self._last is None:
            return NOTHING
        return None, self._streamed(self._last, now_ns, None)

    def day(self, message: DayMessage, now_ns: int) -> Records:
        """Take the numbers of the day; their price counts where no newer trade is known.

        Raises:
            ProtocolError: its numbers are none.

        """
        price = positive(message.c, self._price_zeros)
        opened = positive(message.o, self._price_zeros)
        volume = signed(message.v, self._size_zeros)
        if message.p is None or message.P is None:
            change, percent = _changed(opened, price)
        else:
            change, percent = signed(message.p, self._price_zeros), signed(message.P)
        self._change, self._percent, self._volume = change, percent, volume
        newer = message.L is not None and message.L >= self._expected
        if self._last is None or not self._trades or newer:
            self._last = price
        return None, self._streamed(self._last, now_ns, None)

    # -- what was asked for -------------------------------------------------------------

    def polled(self, day: Day, now_ns: int, *, simulated: bool) -> Tick | None:
        """Take the numbers of the day from REST; a stream that was faster wins.

        Raises:
            ProtocolError: its numbers are none.

        """
        if self.streamed:
            return None
        zeros = self._price_zeros
        last = positive(day.last, zeros)
        bid, ask = _side(day.bid, zeros), _side(day.ask, zeros)
        self._change, self._percent = signed(day.change, zeros), signed(day.percent)
        self._volume = signed(day.volume, self._size_zeros)
        self._last, self._bid, self._ask = last, bid, ask
        self.fresh = True
        self.heard_ns = now_ns
        self.tick = Tick(
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
        return self.tick

    # -- parts --------------------------------------------------------------------------

    def _streamed(self, last: Decimal, now_ns: int, at: int | None) -> Tick:
        self.heard_ns = now_ns
        self.fresh = self.streamed = True
        self.tick = tick = Tick(
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


def _side(text: str, zeros: str) -> Decimal | None:
    """Return one side of the book; zero means that nobody stands there."""
    return positive(text, zeros) if text.strip("0.") else None


def _changed(opened: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return the change in price and in percent."""
    change = price - opened
    return change, (100 * change / opened).quantize(_THOUSANDTH)
