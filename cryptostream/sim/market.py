"""The market: one quote for each listed ticker, moved by its model while somebody watches.

Everything runs in the event loop. Listeners are called in place and must only note the
change; a ticker that nobody watches costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from cryptostream.errors import CryptoStreamError, UnknownSymbol
from cryptostream.sim.instruments import INSTRUMENTS, Instrument
from cryptostream.sim.models import Model, RandomModel, RecordedModel, first_quote
from cryptostream.sim.quote import QUANTITY_DECIMALS
from cryptostream.sim.recorded import RECORDED_SYMBOL, btcusdt_minute

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.quote import Print, Quote
    from cryptostream.sim.settings import SimSettings

# When "recorded" plays, the rest only accompanies it.
_QUIET = 10
# Trades of a ticker that are remembered: as many as an exchange shows at most.
RECENT = 1000
# What one pass of the loop may catch up of a ticker after the loop was held up.
_MOST_STEPS = 200


class BadPrice(CryptoStreamError):
    """A pushed price is not a number on the ticker's grid."""

    code = "bad_price"


@dataclass(frozen=True, slots=True)
class Change:
    """A ticker moved; ``traded``: the last price is new, else only the book."""

    instrument: Instrument
    quote: Quote
    traded: bool

    @property
    def trade(self) -> Print | None:
        """The trade that moved the ticker; None when only the book did."""
        return self.quote.last_print() if self.traded else None


def model_for(instrument: Instrument, settings: SimSettings) -> Model | None:
    """Return what moves the ticker; None: only a push does."""
    if settings.market == "manual" or not instrument.trading:
        return None
    recorded = settings.market in ("mixed", "recorded")
    if recorded and instrument.symbol == RECORDED_SYMBOL:
        return RecordedModel(btcusdt_minute(), settings.speed)
    rate = settings.rate / _QUIET if settings.market == "recorded" else settings.rate
    return RandomModel(instrument, settings.seed, rate)


def opening(instrument: Instrument, settings: SimSettings, time_ms: int) -> Quote:
    """Return the first quote of a ticker; the recorded one begins where its tape does."""
    quote = first_quote(instrument, settings.seed, time_ms)
    if settings.market not in ("mixed", "recorded") or instrument.symbol != RECORDED_SYMBOL:
        return quote
    first = btcusdt_minute().first()
    close = first.last * 98 // 100
    return replace(
        first,
        volume=quote.volume,
        previous_close=close,
        open=close,
        low=close,
        time_ms=time_ms,
        number=quote.number,
        quantity=quote.quantity,
        trades=quote.trades,
        turnover=quote.volume * close,
    )


def on_grid(text: str, instrument: Instrument) -> int:
    """Return a price text in ticks of the instrument.

    Raises:
        BadPrice: it is not a number, or finer than the tick size.

    """
    return _units(text, instrument.decimals)


def _units(text: str, decimals: int) -> int:
    try:
        units = Decimal(text).scaleb(decimals)
    except InvalidOperation as error:
        raise BadPrice(f"{text!r} is not a number", hint="write decimal text: 67123.45") from error
    if not units.is_finite() or units != units.to_integral_value():
        raise BadPrice(f"{text!r} is off the grid", hint=f"{decimals} decimals at most")
    return int(units)


class Market:
    """All tickers. ``clock`` is the loop's monotonic time in s, ``wall_ns`` the time of day."""

    def __init__(
        self,
        settings: SimSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._clock = clock
        self._wall_ns = wall_ns
        now_ms = self.now_ms()
        listed = INSTRUMENTS.items()
        self._quotes = {s: opening(one, settings, now_ms) for s, one in listed}
        self._models = {s: model_for(one, settings) for s, one in listed}
        self._listeners: dict[str, list[Callable[[Change], None]]] = {s: [] for s in INSTRUMENTS}
        self._recent: dict[str, deque[Print]] = {
            s: deque([quote.last_print()], maxlen=RECENT) for s, quote in self._quotes.items()
        }
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.steps: Counter[str] = Counter()

    def now_ms(self) -> int:
        """Return the time of day in ms since the epoch."""
        return self._wall_ns() // 1_000_000

    def start(self) -> None:
        """Begin to move what is watched; call it in the running loop."""
        self._loop = asyncio.get_running_loop()
        for symbol, listeners in self._listeners.items():
            if listeners:
                self._resume(symbol)

    def stop(self) -> None:
        """Stand still."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._loop = None

    def quote(self, symbol: str) -> Quote:
        """Return the present quote; a ticker that nobody watches takes a step that is due."""
        model = self._models[symbol]
        if model is not None and not self._listeners[symbol] and model.due <= self._clock():
            model.resume(self._clock())
            quote, traded = model.step(self._quotes[symbol], self.now_ms())
            self._keep(symbol, quote, traded=traded)
        return self._quotes[symbol]

    def prints(self, symbol: str) -> list[Print]:
        """Return the newest trades of a ticker, oldest first, :data:`RECENT` at most."""
        return list(self._recent[symbol])

    def watch(self, symbol: str, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call the listener at each change; the returned function ends that.

        Raises:
            UnknownSymbol: the ticker is not listed.

        """
        if symbol not in INSTRUMENTS:
            raise UnknownSymbol(f"{symbol} is not listed", hint="GET / shows what is")
        self._listeners[symbol].append(listener)
        self._resume(symbol)

        def unwatch() -> None:
            self._listeners[symbol].remove(listener)
            if not self._listeners[symbol] and symbol in self._timers:
                self._timers.pop(symbol).cancel()

        return unwatch

    def push(
        self,
        symbol: str,
        *,
        last: str | None = None,
        bid: str | None = None,
        ask: str | None = None,
        quantity: str = "0.001",
    ) -> None:
        """Set exact prices by hand and tell all listeners; ``quantity`` is that of the trade.

        Raises:
            UnknownSymbol: the ticker is not listed.
            BadPrice: a number is not on its grid; nothing has changed.

        """
        if symbol not in INSTRUMENTS:
            raise UnknownSymbol(f"{symbol} is not listed", hint="GET / shows what is")
        instrument, quote = INSTRUMENTS[symbol], self._quotes[symbol]
        if bid is not None:
            quote = replace(quote, bid=on_grid(bid, instrument))
        if ask is not None:
            quote = replace(quote, ask=on_grid(ask, instrument))
        if last is not None:
            price, size = on_grid(last, instrument), _units(quantity, QUANTITY_DECIMALS)
            quote = quote.traded(price, size, self.now_ms())
        self._publish(symbol, quote, traded=last is not None)

    def _keep(self, symbol: str, quote: Quote, *, traded: bool) -> None:
        self._quotes[symbol] = quote
        if traded:
            self._recent[symbol].append(quote.last_print())

    def _publish(self, symbol: str, quote: Quote, *, traded: bool) -> None:
        self._keep(symbol, quote, traded=traded)
        self.steps[symbol] += 1
        change = Change(INSTRUMENTS[symbol], quote, traded)
        for listener in tuple(self._listeners[symbol]):
            listener(change)

    def _resume(self, symbol: str) -> None:
        model = self._models[symbol]
        if self._loop is None or model is None or symbol in self._timers:
            return
        model.resume(self._clock())
        self._arm(symbol, model)

    def _arm(self, symbol: str, model: Model) -> None:
        if self._loop is not None:
            delay = max(0.0, model.due - self._clock())
            self._timers[symbol] = self._loop.call_later(delay, self._play, symbol, model)

    def _play(self, symbol: str, model: Model) -> None:
        self._timers.pop(symbol, None)
        now = self._clock()
        for _ in range(_MOST_STEPS):
            if model.due > now or not self._listeners[symbol]:
                break
            quote, traded = model.step(self._quotes[symbol], self.now_ms())
            self._publish(symbol, quote, traded=traded)
        if self._listeners[symbol] and symbol not in self._timers:
            self._arm(symbol, model)
