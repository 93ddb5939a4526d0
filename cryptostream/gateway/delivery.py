"""From what viewers get to the bytes in their queues; times are arguments.

Viewers that get the same records in the same form get the same bytes object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cryptostream.gateway.closing import Close
from cryptostream.gateway.encoding import encode_batch, encode_message
from cryptostream.gateway.lanes import SLOW_MS
from cryptostream.gateway.outbox import Verdict
from cryptostream.gateway.pieces import Note, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptostream.gateway.encoding import Codec
    from cryptostream.gateway.hub import Hub
    from cryptostream.gateway.viewer import Viewer

# Records of one message at most: a receiver can begin with it before all of a history is there.
MOST_RECORDS = 1000


@dataclass(slots=True)
class Counters:
    """What the gateway has done so far."""

    delivered_records: int = 0
    conflated_ticks: int = 0
    sent_messages: int = 0
    sent_bytes: int = 0
    closed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def count_closed(self, code: str) -> None:
        """Count a connection that the gateway closed."""
        self.closed[code] = self.closed.get(code, 0) + 1

    def count_refused(self, code: str) -> None:
        """Count a connection or a request that was refused."""
        self.refused[code] = self.refused.get(code, 0) + 1


class _Encoded(NamedTuple):
    # Each with what its ``t`` says, and how much of what waits it and those before it hold.
    messages: list[tuple[str, bytes, int]]
    records: int
    conflated: int


class Delivery:
    """Empties what waits in the hub into the queues of the viewers."""

    def __init__(self, hub: Hub, counters: Counters, heartbeat: float) -> None:
        self._hub = hub
        self._counters = counters
        self._heartbeat = heartbeat

    def deliver(self, now: float, ts: int) -> None:
        """Queue what waits for every viewer; ``now`` is s of a steady clock, ``ts`` ns."""
        encoded: dict[tuple[Codec, tuple[Piece | Note, ...]], _Encoded] = {}
        for viewer in self._hub.collect():
            key = (viewer.codec, tuple(viewer.out))
            viewer.out.clear()
            found = encoded.get(key)
            if found is None:
                found = encoded[key] = _encode(*key, ts)
            self._queue(viewer, found, now, key[1])

    def look(self, now: float, ts: int) -> None:
        """Send heartbeats where it was silent, and end the viewers that read nothing."""
        beats: dict[Codec, bytes] = {}
        for viewer in self._hub.viewers:
            if viewer.outbox.is_late(now):
                viewer.close(Close.SLOW)
            elif now - viewer.heard_last >= self._heartbeat:
                if viewer.codec not in beats:
                    fields = {"t": "heartbeat", "ts": ts}
                    beats[viewer.codec] = encode_message(viewer.codec, fields)
                self._queue(viewer, _Encoded([("heartbeat", beats[viewer.codec], 0)], 0, 0), now)

    def sent(self, viewer: Viewer, size: int, now: float) -> None:
        """Note that a viewer's oldest message has left."""
        self._counters.sent_messages += 1
        self._counters.sent_bytes += size
        if viewer.outbox.taken() is Verdict.CLEAR:
            self._warn(viewer, now)

    def _queue(
        self, viewer: Viewer, found: _Encoded, now: float, out: Sequence[Piece | Note] = ()
    ) -> None:
        if viewer.closing is not None:
            return
        viewer.heard_last = now
        viewer.records += found.records
        viewer.conflated += found.conflated
        self._counters.delivered_records += found.records
        self._counters.conflated_ticks += found.conflated
        told = 0
        for name, body, end in found.messages:
            message = body
            if viewer.trail is not None:
                # Message by message: a cursor must not be ahead of what came before it.
                viewer.trail.follow(out[told:end])
                told = end
                message = viewer.trail.frame(name, body)
            verdict = viewer.outbox.put(message, now)
            if verdict is Verdict.CLOSE:
                viewer.close(Close.SLOW)
                return
            if verdict is Verdict.WARN:
                self._warn(viewer, now)
        viewer.wake(None)

    def _warn(self, viewer: Viewer, now: float) -> None:
        """Tell a viewer that it became slow, or is no more, and serve it accordingly."""
        outbox = viewer.outbox
        self._hub.relane(viewer, now)
        self._hub.tell(
            viewer,
            {
                "t": "warning",
                "code": "slow",
                "cleared": not outbox.slow,
                "queued": outbox.queued,
                "capacity": outbox.capacity,
                "interval_ms": SLOW_MS if outbox.slow else 0,
            },
        )


def _encode(codec: Codec, out: Sequence[Piece | Note], ts: int) -> _Encoded:
    messages: list[tuple[str, bytes, int]] = []
    batch: list[bytes] = []
    records = conflated = 0
    for place, each in enumerate(out):
        if isinstance(each, Piece):
            batch.append(each.encoded(codec))
            records += 1
            conflated += each.conflated
        if batch and (isinstance(each, Note) or len(batch) >= MOST_RECORDS):
            end = place if isinstance(each, Note) else place + 1
            messages.append(("batch", encode_batch(codec, batch, ts), end))
            batch = []
        if isinstance(each, Note):
            name = str(each.fields.get("t", "answer"))
            messages.append((name, each.encoded(codec), place + 1))
    if batch:
        messages.append(("batch", encode_batch(codec, batch, ts), len(out)))
    return _Encoded(messages, records, conflated)
