"""The tape: one epoch, a sequence per topic, the last value and a bounded ring of messages.

It never decodes a payload. Sequences count records and go on as long as the tape lives, also
when a ticker is closed and opened again.
"""

from __future__ import annotations

from collections import deque

from cryptostream.wire.frames import (
    EMPTY_PAYLOAD,
    VERSION,
    Flag,
    Message,
    Meta,
    decode_meta,
    encode_meta,
)
from cryptostream.wire.topics import SYS_HEARTBEAT


class _Line:
    """One topic on the tape."""

    __slots__ = ("payload_flags", "ring", "seq", "spoke")

    def __init__(self, ring: int, now_ns: int) -> None:
        self.seq = 0
        # (first sequence, meta, payload): the last element is the last value. Plain tuples of
        # plain values, which the garbage collector soon forgets: with Messages here, rings of
        # 100 full topics make it stop the tape for 0.1 s.
        self.ring: deque[tuple[int, bytes, bytes]] = deque(maxlen=ring)
        self.spoke = now_ns


class Tape:
    """Sequences, last values and rings of all topics under one epoch.

    ``epoch`` is the time in ms since the Unix epoch at which this tape began: a later tape
    has a larger one, and JavaScript can hold it exactly.
    """

    def __init__(self, epoch: int, ring: int) -> None:
        self.epoch = epoch
        self._ring = ring
        self._lines: dict[bytes, _Line] = {}
        self.messages = 0
        self.records = 0

    def publish(self, topic: bytes, payload: bytes, count: int, flags: int, now_ns: int) -> Message:
        """Give ``count`` records of a topic their sequences; return the message to send."""
        line = self._lines.get(topic)
        if line is None:
            line = self._lines[topic] = _Line(self._ring, now_ns)
        first = line.seq + 1
        meta = encode_meta((VERSION, self.epoch, first, count, now_ns, flags))
        line.seq += count
        line.ring.append((first, meta, payload))
        line.spoke = now_ns
        self.messages += 1
        self.records += count
        return Message(topic, meta, payload)

    def image(self, topic: bytes, now_ns: int) -> Message:
        """Return the newest message of a topic as an image; with count 0 when it has none."""
        line = self._lines.get(topic)
        if line is None or not line.ring:
            seq = line.seq if line else 0
            meta = encode_meta((VERSION, self.epoch, seq, 0, now_ns, int(Flag.IMAGE)))
            return Message(topic, meta, EMPTY_PAYLOAD)
        _, newest, payload = line.ring[-1]
        found = decode_meta(newest)
        flags = found.flags | Flag.IMAGE
        # The time stays that of the record: an old value must not look fresh.
        meta = encode_meta(
            (VERSION, self.epoch, found.seq, found.count, found.ts_published, int(flags))
        )
        return Message(topic, meta, payload)

    def recover(self, topic: bytes, epoch: int, seq: int, limit: int) -> list[Message] | None:
        """Return all messages after record ``seq``, or ``None`` when that is not possible.

        Never a part: a different epoch, a hole at the beginning, a sequence from the future or
        more than ``limit`` messages give ``None``.
        """
        line = self._lines.get(topic)
        if epoch != self.epoch or line is None or seq > line.seq or seq < 0:
            return None
        if seq == line.seq:
            return []
        missing: list[Message] = []
        for first, meta, payload in reversed(line.ring):
            missing.append(Message(topic, meta, payload))
            if first <= seq + 1:
                return missing[::-1]
            if len(missing) >= limit:
                return None
        return None

    def history(self, topic: bytes, limit: int) -> list[Message]:
        """Return the newest ``limit`` messages of a topic that the ring holds, oldest first."""
        line = self._lines.get(topic)
        if line is None or limit <= 0:
            return []
        return [Message(topic, meta, payload) for _, meta, payload in list(line.ring)[-limit:]]

    def heartbeat(self, now_ns: int) -> Message:
        """Return the beat of the tape itself."""
        meta = encode_meta((VERSION, self.epoch, 0, 0, now_ns, int(Flag.HEARTBEAT)))
        return Message(SYS_HEARTBEAT, meta, EMPTY_PAYLOAD)

    def silent(self, now_ns: int, after_ns: int) -> list[Message]:
        """Return a heartbeat for each topic that said nothing for ``after_ns``."""
        beats: list[Message] = []
        for topic, line in self._lines.items():
            if now_ns - line.spoke < after_ns or not line.seq:
                continue
            line.spoke = now_ns
            meta = encode_meta((VERSION, self.epoch, line.seq, 0, now_ns, int(Flag.HEARTBEAT)))
            beats.append(Message(topic, meta, EMPTY_PAYLOAD))
        return beats

    def keep(self, topic: bytes, messages: int) -> None:
        """Keep only the newest messages of a topic; its sequence goes on.

        Of a closed ticker no value is kept, so that nobody takes it for its present.
        """
        line = self._lines.get(topic)
        while line is not None and len(line.ring) > messages:
            line.ring.popleft()

    def last(self, topic: bytes) -> Meta | None:
        """Return the meta of a topic's newest message, ``None`` when it has none."""
        line = self._lines.get(topic)
        return decode_meta(line.ring[-1][1]) if line is not None and line.ring else None

    def top(self, topic: bytes) -> int:
        """Return the sequence of a topic's newest record, 0 before the first."""
        line = self._lines.get(topic)
        return line.seq if line else 0

    def __len__(self) -> int:
        """Return the number of topics."""
        return len(self._lines)
