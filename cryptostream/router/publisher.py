"""What goes out: records of whoever may write a topic, statuses, and changes of the source."""

from __future__ import annotations

import dataclasses
import time
from decimal import Decimal
from typing import TYPE_CHECKING

from loguru import logger
from msgspec.structs import replace

from cryptostream.errors import ProtocolError
from cryptostream.records import Phase, Switch, Tick
from cryptostream.router.writers import Writers
from cryptostream.wire.frames import Flag, decode_meta, decode_payload, encode_payload
from cryptostream.wire.topics import STATUS, TICK, TRADE, symbol_of, topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptostream.records import Status
    from cryptostream.router.instructions import Switched
    from cryptostream.router.tape import Tape
    from cryptostream.router.writers import Tail
    from cryptostream.symbols import Directory
    from cryptostream.wire.frames import Message
    from cryptostream.wire.hop import DataFrame

# A difference of prices is told in hundredths of a percent with two decimals.
_BASIS_POINTS = Decimal(10_000)
_CENT = Decimal("0.01")
_TICKS = b"tick/"
_SIMULATED = int(Flag.SIMULATED)
_LOUD = frozenset(
    {"crashed", "worker_lost", "blocked", "open_timeout", "gap", "wrong_symbol", "switched"}
)


class Publisher:
    """Puts on the tape, and on the data socket, what may go out; counts what may not."""

    def __init__(self, tape: Tape, send: Callable[[Message], object], directory: Directory) -> None:
        self._tape = tape
        self._send = send
        self._directory = directory
        self._writers = Writers()
        self._owners = self._writers.owners
        # Changes of the source that are told with the new one's first value: symbol -> the
        # change, the worker that takes over, and those who stand by.
        self._awaited: dict[str, tuple[Switched, int, list[int]]] = {}
        # symbol -> the newest change of its source
        self.switches: dict[str, Switch] = {}
        self.unowned = 0

    def records(self, incarnation: int, frame: DataFrame) -> None:
        """Publish what the writer of a topic sends; keep the newest of those who stand by."""
        now_ns = time.time_ns()
        if self._owners.get(frame.topic) == incarnation and frame.size > 0:
            self._publish(frame, now_ns)
            return
        tail = self._writers.tail(incarnation, frame.topic)
        if tail is None or frame.size <= 0:
            self.unowned += 1
            return
        tail.take(frame, now_ns)
        if self._awaited and frame.topic.startswith(_TICKS):
            self._first_value(symbol_of(frame.topic), incarnation)

    def _first_value(self, symbol: str, incarnation: int) -> None:
        one, owner, others = self._awaited.get(symbol, (None, 0, []))
        if one is not None and owner == incarnation:
            del self._awaited[symbol]
            self.switched(one, owner, others)

    def writers(self, symbol: str, owner: int | None, others: Iterable[int]) -> None:
        """Say who may publish a symbol and who stands by."""
        awaited = self._awaited.get(symbol)
        if awaited is None or owner is None:
            self._writers.set(symbol, owner, others)
            return
        standing_by = list(others)
        self._awaited[symbol] = (awaited[0], owner, standing_by)
        self._writers.set(symbol, None, [*standing_by, owner])

    def status(self, status: Status) -> None:
        """Publish a status."""
        if status.phase is Phase.INVALID:
            near = self._directory.search(status.symbol, 4)
            others = [symbol for symbol in near if symbol != status.symbol]
            status = replace(status, suggestions=tuple(others[:3]))
        name, flags = topic(STATUS, status.symbol), _SIMULATED if status.simulated else 0
        message = self._tape.publish(name, encode_payload([status]), 1, flags, time.time_ns())
        self._send(message)
        log = logger.warning if status.code in _LOUD else logger.debug
        log("{} {} ({}): {}", status.symbol, status.phase, status.code, status.text)

    def switched(self, one: Switched, owner: int | None, others: Iterable[int]) -> None:
        """Let another source publish: say so, with what lies between their prices, first.

        What the new one has sent last goes out as its first record, so that its price is there
        at once; it says itself when it was observed. If it has sent nothing yet, all this
        waits for its first value.
        """
        name = topic(TICK, one.symbol)
        tail = self._writers.tail(owner, name) if owner is not None else None
        former = self._awaited.get(one.symbol)
        if former is not None:
            one = dataclasses.replace(one, old=former[0].old)
        if owner is not None and (tail is None or tail.frame is None):
            self._awaited[one.symbol] = (one, owner, list(others))
            self.writers(one.symbol, owner, others)
            return
        self._awaited.pop(one.symbol, None)
        newest = self._tape.history(name, 1)
        switch = describe(one, newest[0] if newest else None, tail, self._tape.top(name))
        self._writers.set(one.symbol, owner, others)
        self.switches[one.symbol] = switch
        now_ns = time.time_ns()
        self.status(replace(one.status, code="switched", text=one.text, ts=now_ns, switch=switch))
        if tail is not None and tail.frame is not None:
            self._publish(tail.frame, now_ns)

    def forget(self, symbol: str) -> None:
        """Keep no value of a ticker that nobody keeps up to date any more."""
        self._awaited.pop(symbol, None)
        self._writers.set(symbol, None, ())
        self.switches.pop(symbol, None)
        for kind in (TICK, TRADE):
            self._tape.keep(topic(kind, symbol), 0)
        self._tape.keep(topic(STATUS, symbol), 1)

    def _publish(self, frame: DataFrame, now_ns: int) -> None:
        message = self._tape.publish(frame.topic, frame.payload, frame.size, frame.flags, now_ns)
        self._send(message)


def describe(one: Switched, last: Message | None, tail: Tail | None, top: int) -> Switch:
    """Return what lies between two sources at the moment of a switch.

    ``last`` is the old source's newest published message, ``tail`` what the new one sent while
    it stood by, ``top`` the tape's sequence.
    """
    old = _price(last.topic, last.payload) if last is not None else None
    frame = tail.frame if tail is not None else None
    new = _price(frame.topic, frame.payload) if frame is not None else None
    overlap = None
    if last is not None and tail is not None and frame is not None:
        overlap = decode_meta(last.meta).ts_published - tail.first_ns
    basis = basis_bp = None
    if new is not None and old:
        basis = new - old
        basis_bp = (basis / old * _BASIS_POINTS).quantize(_CENT)
    return Switch(
        old=one.old,
        new=one.new,
        reason=one.reason,
        last_seq=top,
        first_seq=top + 1,
        overlap=overlap,
        basis=basis,
        basis_bp=basis_bp,
    )


def _price(name: bytes, payload: bytes) -> Decimal | None:
    try:
        records = decode_payload(name, payload)
    except ProtocolError as error:
        # It will be published as it came; who reads it is told by the client library.
        logger.warning("the price of {} cannot be compared: {}", name, error)
        return None
    newest = records[-1] if records else None
    return newest.last if isinstance(newest, Tick) else None
