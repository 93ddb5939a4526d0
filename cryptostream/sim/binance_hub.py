"""From the market to Binance's streams: one message a stream, handed to all who listen.

Who listens to a stream costs something; a stream that nobody wants does not exist.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from cryptostream.sim import binance_payloads as payloads
from cryptostream.sim.binance_distortion import Distortion, number_of
from cryptostream.sim.binance_message import Message
from cryptostream.sim.binance_payloads import Clock
from cryptostream.sim.binance_streams import (
    AGG_TRADE,
    AVERAGE,
    BOOK,
    DAY,
    MINI,
    PERIODIC,
    SIMULATED,
    TRADE,
)
from cryptostream.sim.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.sim.binance_streams import Stream
    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Change, Market
    from cryptostream.sim.quote import Print

    Build = Callable[[int], str]

_US = payloads.unit_of(microseconds=True)


class Receiver(Protocol):
    """A connection: it only notes what it is given."""

    def deliver(self, message: Message) -> None:
        """Take a message of a stream."""
        ...


class Line:
    """All streams of one symbol, and what faults make of them."""

    def __init__(self, symbol: str, market: Market, board: FaultBoard) -> None:
        self._instrument = INSTRUMENTS[symbol]
        self._market = market
        self._board = board
        self._distortion = Distortion()
        self._book: tuple[int, int, int, int] | None = None
        self._sent: Counter[str] = Counter()
        self._moved = True
        ticker = self._instrument.ticker.lower()
        self._names = {kind: f"{ticker}@{kind}" for kind in SIMULATED}
        self.receivers: dict[str, dict[Receiver, None]] = {kind: {} for kind in SIMULATED}

    def join(self, kind: str, receiver: Receiver) -> None:
        """Add a receiver of a stream; what comes periodically comes to it soon."""
        self.receivers[kind][receiver] = None
        self._moved = True

    def wanted(self, *kinds: str) -> bool:
        """Tell whether somebody listens to one of the kinds."""
        return any(self.receivers[kind] for kind in kinds)

    def on_change(self, change: Change) -> None:
        """Hand out what a change of the market means."""
        faults = self._board.of(change.instrument.symbol)
        if _mute(faults):
            return
        self._moved = True
        done = change.trade
        if done is not None and self.wanted(TRADE, AGG_TRADE):
            for one in self._distortion.of(done, faults):
                self._trade(one, faults)
        quote = change.quote
        book = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
        if book != self._book and self.receivers[BOOK]:
            self._book = book
            update = self._market.steps[change.instrument.symbol]
            self._publish(BOOK, faults, lambda _: payloads.book(change.instrument, quote, update))

    def on_period(self) -> None:
        """Hand out what comes once a second, the day's numbers only when something moved."""
        faults = self._board.of(self._instrument.symbol)
        if _mute(faults):
            return
        one, clock = self._instrument, self._clock(faults)
        quote = self._market.quote(one.symbol)
        if self._moved:
            self._moved = False
            self._publish(MINI, faults, lambda unit: payloads.mini(one, quote, clock, unit))
            self._publish(DAY, faults, lambda unit: payloads.day(one, quote, clock, unit))
        if self.receivers[AVERAGE]:
            prints = self._market.prints(one.symbol)
            build: Build = lambda unit: payloads.average_price(one, prints, clock, unit)  # noqa: E731  named for its type
            self._publish(AVERAGE, faults, build)

    def _clock(self, faults: Mapping[str, Params]) -> Clock:
        skew = faults.get("binance_clock_skew")
        off = 0 if skew is None else int(float(skew["seconds"]) * 1000)
        ahead = skew is not None and skew["direction"] == "future"
        return Clock(self._market.now_ms(), off if ahead else -off)

    def _trade(self, done: Print, faults: Mapping[str, Params]) -> None:
        one, clock = self._instrument, self._clock(faults)
        self._publish(TRADE, faults, lambda unit: payloads.trade(one, done, clock, unit))
        self._publish(AGG_TRADE, faults, lambda unit: payloads.agg_trade(one, done, clock, unit))

    def _publish(self, kind: str, faults: Mapping[str, Params], build: Build) -> None:
        receivers = self.receivers[kind]
        if not receivers:
            return
        self._sent[kind] += 1
        if faults:
            build = self._falsified(kind, faults, build)
        message = Message(self._names[kind], build)
        for receiver in receivers:
            receiver.deliver(message)

    def _falsified(self, kind: str, faults: Mapping[str, Params], build: Build) -> Build:
        forced = _US if "binance_microseconds" in faults else 0
        broken = faults.get("binance_malformed")
        cut = broken is not None and self._sent[kind] % number_of(broken, "every") == 0

        def text(unit: int) -> str:
            whole = build(forced or unit)
            return whole[: len(whole) // 2] if cut else whole

        return text


def _mute(faults: Mapping[str, Params]) -> bool:
    return "binance_silent" in faults or "binance_halted" in faults


class BinanceHub:
    """The lines that somebody listens to; ``period`` (s) is that of the slow streams."""

    def __init__(self, market: Market, board: FaultBoard, period: float) -> None:
        self._market = market
        self._board = board
        self._period = period
        self._lines: dict[str, Line] = {}
        self._unwatch: dict[str, Callable[[], None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def join(self, stream: Stream, receiver: Receiver) -> None:
        """Hand each message of a stream to a receiver."""
        if not stream.symbol:
            return
        line = self._lines.get(stream.symbol)
        if line is None:
            line = self._lines[stream.symbol] = Line(stream.symbol, self._market, self._board)
            self._unwatch[stream.symbol] = self._market.watch(stream.symbol, line.on_change)
        line.join(stream.kind, receiver)
        if stream.kind in PERIODIC and self._timer is None:
            self._arm()

    def leave(self, stream: Stream, receiver: Receiver) -> None:
        """End that; what does not listen is passed over."""
        line = self._lines.get(stream.symbol)
        if line is None:
            return
        line.receivers[stream.kind].pop(receiver, None)
        if not line.wanted(*SIMULATED):
            del self._lines[stream.symbol]
            self._unwatch.pop(stream.symbol)()

    def streams(self) -> int:
        """Return how many streams somebody listens to."""
        return sum(len(kinds) > 0 for line in self._lines.values() for kinds in _each(line))

    def close(self) -> None:
        """Stand still."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._period, self._beat)

    def _beat(self) -> None:
        self._timer = None
        slow = [line for line in self._lines.values() if line.wanted(*PERIODIC)]
        for line in slow:
            line.on_period()
        if slow:
            self._arm()


def _each(line: Line) -> list[dict[Receiver, None]]:
    return list(line.receivers.values())
