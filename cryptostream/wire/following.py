"""Following one topic without a hole: image, updates, recovery, as a value machine."""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING

from cryptostream.errors import ProtocolError
from cryptostream.wire.effects import Gap
from cryptostream.wire.frames import Message, Meta, decode_meta, decode_payload
from cryptostream.wire.stamping import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.wire.effects import GapReason, Output

# Messages held while an image or a missing part is on the way: at the highest rate measured
# for one symbol (5,000/s) that is two seconds. The oldest go first; the hole that this makes
# is found by its sequence and asked for again.
HELD_MESSAGES = 10_000


class Mode(enum.Enum):
    """What a followed topic is doing."""

    SYNCING = "syncing"  # its image is on the way
    LIVE = "live"
    RECOVERING = "recovering"  # a missing part is on the way


class Following:
    """One topic at one client: ``epoch`` and ``seq`` are those of the newest record taken."""

    def __init__(self, name: bytes, symbol: str) -> None:
        self.name = name
        self.symbol = symbol
        self.mode = Mode.SYNCING
        self.epoch = 0
        self.seq = 0
        self.duplicates = 0
        self._held: deque[tuple[Meta, Message]] = deque(maxlen=HELD_MESSAGES)

    def resync(self) -> None:
        """Trust nothing until the next image."""
        self.mode = Mode.SYNCING

    def take(self, meta: Meta, message: Message, out: list[Output]) -> bool:
        """Take a message; return whether records before it are missing and must be asked for."""
        if self.mode is not Mode.LIVE:
            self._held.append((meta, message))
            return False
        if meta.epoch != self.epoch:
            return False
        first = meta.seq if meta.count else meta.seq + 1
        if first > self.seq + 1:
            self.mode = Mode.RECOVERING
            self._held.append((meta, message))
            return True
        fresh = meta.top - self.seq
        if fresh > 0:
            out.extend(self._read(meta, message)[-fresh:])
            self.seq = meta.top
        else:
            self.duplicates += meta.count
        return False

    def image(self, message: Message, out: list[Output]) -> bool:
        """Take an image: everything up to its top is known now; what was missing is a gap."""
        meta = decode_meta(message.meta)
        if meta.epoch != self.epoch or meta.top > self.seq:
            self._tell_gap(meta, out)
            self.epoch, self.seq = meta.epoch, meta.top
            if meta.count:
                # Of an image's batch only the newest record is the last value.
                self.seq = meta.top - 1
                out.extend(self._read(meta, message)[-1:])
                self.seq = meta.top
        # Otherwise it is late, or says what is known already: never go back.
        self.mode = Mode.LIVE
        return self._replay_held(out)

    def recovered(self, messages: Iterable[Message], out: list[Output]) -> bool:
        """Take all that was missing, then what came meanwhile."""
        self.mode = Mode.LIVE
        for message in messages:
            if self.take(decode_meta(message.meta), message, out):
                return True
        return self._replay_held(out)

    def _replay_held(self, out: list[Output]) -> bool:
        held = list(self._held)
        self._held.clear()
        missing = False
        for meta, message in held:
            missing = self.take(meta, message, out) or missing
        return missing

    def _read(self, meta: Meta, message: Message) -> list[Output]:
        try:
            records = decode_payload(message.topic, message.payload)
        except ProtocolError:
            records = []
        if len(records) != meta.count:
            return [self._gap(self.seq + 1, meta.top, "malformed")]
        return [*stamp(meta, records)]

    def _tell_gap(self, image: Meta, out: list[Output]) -> None:
        if not self.epoch:
            return  # the first image of this topic: nothing was promised before it
        known = image.top - 1 if image.count else image.top
        if self.epoch != image.epoch and not self.seq and not image.top:
            return  # a topic that had no record and has none: there is nothing to miss
        if self.epoch != image.epoch:
            out.append(self._gap(self.seq + 1, None, "new_epoch"))
        elif self.seq < known:
            out.append(self._gap(self.seq + 1, known, "aged_out"))

    def _gap(self, first: int, last: int | None, reason: GapReason) -> Gap:
        return Gap(self.name.decode(), self.symbol, self.epoch, first, last, reason)
