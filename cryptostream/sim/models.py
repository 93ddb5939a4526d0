"""Price models: pure steps in whole ticks. Time is an argument, chance comes from a counter.

A step depends on (seed, symbol, number of the step) alone, so that the same market can be
played again, and no float ever carries a price.
"""

from __future__ import annotations

import bisect
import hashlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cryptostream.sim.quote import Quote

if TYPE_CHECKING:
    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.recorded import Recording

_MASK = (1 << 64) - 1
_MILLION = 1_000_000
# The walk is pulled back when it is further than a quarter from where it began.
_FAR = 4
# A day's turnover of a ticker, in its quote currency.
_TURNOVER = 1_900_000_000
# A day's trades of a ticker before it began; what it numbers them from.
_TRADES = 500_000
_FIRST_NUMBER = 1_000_000
# Four random bytes add up to 0..1020, bell-shaped around this.
_MIDDLE = 510


def dice(key: int, counter: int) -> int:
    """Return 64 random-looking bits that depend on the key and the counter alone."""
    z = (key + counter * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def key_of(seed: int, symbol: str) -> int:
    """Return the key of a symbol's series."""
    digest = hashlib.blake2b(f"{seed}/{symbol}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def first_quote(instrument: Instrument, seed: int, time_ms: int) -> Quote:
    """Return where a ticker begins: its seed price, moved from yesterday's close."""
    bits = dice(key_of(seed, instrument.symbol), 0)
    price = instrument.seed
    previous = max(1, price + price * (bits % 60_001 - 30_000) // _MILLION)
    spread = max(1, price // 50_000)
    volume = _TURNOVER * _MILLION * instrument.pricescale // (price * (1 + bits % 9))
    return Quote(
        last=price,
        bid=max(1, price - spread),
        ask=price + spread,
        bid_size=1 + (bits >> 16) % (5 * _MILLION),
        ask_size=1 + (bits >> 24) % (5 * _MILLION),
        volume=volume,
        previous_close=previous,
        open=previous,
        high=max(price, previous),
        low=min(price, previous),
        time_ms=time_ms,
        number=_FIRST_NUMBER + _TRADES + (bits >> 32) % 900_000_000,
        quantity=1 + (bits >> 32) % 500_000,
        trades=_TRADES,
        turnover=volume * ((price + previous) // 2),
    )


def walk(key: int, step: int, home: int, quote: Quote, time_ms: int) -> Quote:
    """Return the quote after step ``step`` of the random walk.

    The price always moves by at least a tick and never reaches zero; ``home`` is the price
    that it does not forget.
    """
    bits = dice(key, step)
    size = sum((bits >> shift) & 0xFF for shift in (0, 8, 16, 24))
    moved = max(1, quote.last * abs(size - _MIDDLE) // 2_000_000)
    up = size >= _MIDDLE if abs(quote.last - home) * _FAR < home else quote.last < home
    last = quote.last + moved if up else quote.last - moved
    if last < 2:  # noqa: PLR2004  a bid of one tick must still fit below the price
        last = quote.last + 1
    half = max(1, last // 100_000)
    after = quote.traded(last, 1 + (bits >> 32) % 500_000, time_ms)
    bid = last - half * ((bits >> 52) % 2 + 1)
    return replace(
        after,
        bid=max(1, bid),
        ask=max(1, bid) + half * 3,
        bid_size=1 + (bits >> 40) % (4 * _MILLION),
        ask_size=1 + (bits >> 44) % (4 * _MILLION),
    )


def pause(key: int, step: int, rate: float) -> float:
    """Return the seconds between step and next one: a Poisson stream of ``rate`` per second."""
    uniform = (dice(key ^ _MASK, step) >> 11) / (1 << 53)
    # Five mean pauses at most: a random silence must not look like a broken feed.
    return min(-math.log1p(-uniform), 5.0) / rate


class Model(Protocol):
    """What moves one ticker: ``due`` is the loop time of its next step, in seconds."""

    due: float

    def resume(self, now: float) -> None:
        """Somebody watches (again): the next step is due after ``now``."""

    def step(self, quote: Quote, time_ms: int) -> tuple[Quote, bool]:
        """Return the next quote and whether it was a trade; moves ``due``."""


class RandomModel:
    """Plays :func:`walk` with the pauses of :func:`pause`."""

    def __init__(self, instrument: Instrument, seed: int, rate: float) -> None:
        self.due = 0.0
        self._home = instrument.seed
        self._key = key_of(seed, instrument.symbol)
        self._rate = rate
        self._step = 0

    def resume(self, now: float) -> None:
        if self.due <= now:
            self.due = now + pause(self._key, self._step, self._rate)

    def step(self, quote: Quote, time_ms: int) -> tuple[Quote, bool]:
        self._step += 1
        self.due += pause(self._key, self._step, self._rate)
        return walk(self._key, self._step, self._home, quote, time_ms), True


class RecordedModel:
    """Plays a recording in a loop on its own rhythm, ``speed`` times as fast."""

    def __init__(self, recording: Recording, speed: float) -> None:
        self.due = 0.0
        self._recording = recording
        self._speed = speed
        self._began: float | None = None
        self._index = 0

    def resume(self, now: float) -> None:
        """Take up at the present place of the tape, which runs on while nobody watches."""
        if self._began is None:
            self._began = now
        recording = self._recording
        laps, place = divmod((now - self._began) * self._speed * 1000, recording.length_ms)
        at = bisect.bisect_left(recording.offsets, place)
        self._index = int(laps) * len(recording.events) + at
        self._set_due()

    def _set_due(self) -> None:
        lap, at = divmod(self._index, len(self._recording.events))
        offset_ms = lap * self._recording.length_ms + self._recording.offsets[at]
        self.due = (self._began or 0.0) + offset_ms / 1000 / self._speed

    def step(self, quote: Quote, time_ms: int) -> tuple[Quote, bool]:
        event = self._recording.events[self._index % len(self._recording.events)]
        self._index += 1
        self._set_due()
        return event.apply(quote, time_ms), event.is_trade
