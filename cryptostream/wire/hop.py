"""The inner hop: what workers (browser and feed processes) and the router say to each other.

One Unix stream a worker carries everything, so that the order is kept. Each frame begins
with its length; a data frame holds records or reports of one topic and a number that counts
the worker's data frames, so that the router sees what the worker had to drop. Everything
else is a control frame: one tagged map.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

import msgspec

from cryptostream.errors import ProtocolError

VERSION = 2
REPORT = "report"
# Longer than anything a worker sends: what claims to be longer is no frame of ours.
LONGEST_FRAME = 16 * 1024 * 1024

_CONTROL, _DATA = 0, 1
_START = struct.Struct(">IB")
# length of the rest, kind, length of the topic, flags, count, number
_DATA_HEAD = struct.Struct(">IBHBIQ")
_LENGTH = 4


class DataFrame(NamedTuple):
    """Records or reports of one topic; ``size`` is how many.

    ``number`` counts the worker's data frames from 1.
    """

    topic: bytes
    payload: bytes
    size: int
    flags: int
    number: int


Frame = DataFrame | bytes


def data_frame(topic: bytes, payload: bytes, count: int, flags: int, number: int) -> bytes:
    """Return the bytes of a data frame."""
    rest = _DATA_HEAD.size - _LENGTH + len(topic) + len(payload)
    head = _DATA_HEAD.pack(rest, _DATA, len(topic), flags, count, number)
    return b"".join((head, topic, payload))


def control_frame(message: FromWorker | ToWorker) -> bytes:
    """Return the bytes of a control frame."""
    body = _encode(message)
    return _START.pack(len(body) + 1, _CONTROL) + body


class Unframer:
    """Cuts a stream into frames; a control frame comes out as its bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are complete now.

        Raises:
            ProtocolError: these are no frames; the stream is of no use any more.

        """
        data = self._rest + data if self._rest else data
        frames: list[Frame] = []
        at, end = 0, len(data)
        while end - at > _LENGTH:
            length, kind = _START.unpack_from(data, at)
            if not 0 < length <= LONGEST_FRAME:
                raise ProtocolError(f"a frame of {length} bytes on the inner hop")
            after = at + _LENGTH + length
            if after > end:
                break
            if kind == _DATA:
                frames.append(_data(data, at, after))
            elif kind == _CONTROL:
                frames.append(data[at + _START.size : after])
            else:
                raise ProtocolError(f"a frame of kind {kind} on the inner hop")
            at = after
        self._rest = data[at:] if at else data
        return frames


def _data(data: bytes, at: int, after: int) -> DataFrame:
    if after - at < _DATA_HEAD.size:
        raise ProtocolError("a data frame without its head on the inner hop")
    _, _, topic_length, flags, count, number = _DATA_HEAD.unpack_from(data, at)
    begin = at + _DATA_HEAD.size
    split = begin + topic_length
    if split > after:
        raise ProtocolError("a topic longer than its frame on the inner hop")
    return DataFrame(data[begin:split], data[split:after], count, flags, number)


class PageState(enum.StrEnum):
    """What a page actor says of itself."""

    LOADING = "loading"
    LIVE = "live"
    QUIET = "quiet"
    STALE = "stale"
    SUSPECT = "suspect"
    FAILED = "failed"
    CLOSED = "closed"


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of state of one ticker at its worker.

    ``generation`` is the one of the Open instruction that it answers; ``retry_after`` is in
    seconds when the far side asked for a pause.
    """

    symbol: str
    generation: int
    state: PageState
    code: str
    text: str
    ts: int
    retriable: bool = True
    retry_after: float | None = None
    simulated: bool = False


class WorkerHello(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="hello"):
    """A worker offers itself; ``reports`` are the tickers it already runs.

    ``opening`` is how many tickers it opens at the same time, ``sent`` the number of its last
    data frame.
    """

    worker: str
    incarnation: int
    source: str
    capacity: int
    opening: int
    pid: int
    sent: int = 0
    version: int = VERSION
    reports: list[Report] = []


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="beat"):
    """A worker is alive; ``reports`` repeats the state of all that it runs.

    ``detail`` holds counters for people: they are shown, never decided on.
    """

    worker: str
    incarnation: int
    sent: int
    reports: list[Report] = []
    detail: dict[str, str | int | float | None] = {}


class Goodbye(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="goodbye"):
    """A worker stops; what it ran must run elsewhere."""

    worker: str
    incarnation: int
    reason: str


class Open(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="open"):
    """Instruction: run this ticker under this generation."""

    symbol: str
    generation: int


class Close(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="close"):
    """Instruction: end this ticker if it still has this generation."""

    symbol: str
    generation: int


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="confirmed"):
    """The router has taken this incarnation in: what it sends now is heard."""

    incarnation: int


FromWorker = WorkerHello | Beat | Goodbye
ToWorker = Open | Close | Confirmed

# RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
_UNREADABLE = (msgspec.MsgspecError, RecursionError)
_encode = msgspec.msgpack.Encoder().encode
encode_reports = _encode
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_reports = msgspec.msgpack.Decoder(list[Report])


def decode_from_worker(body: bytes) -> FromWorker:
    """Return a worker's message.

    Raises:
        ProtocolError: the bytes are none.

    """
    try:
        message = _from_worker.decode(body)
    except _UNREADABLE as error:
        raise ProtocolError(f"worker message: {error}") from error
    if isinstance(message, WorkerHello) and message.version != VERSION:
        raise ProtocolError(f"hop version {message.version} is not known here", code="bad_version")
    return message


def decode_to_worker(body: bytes) -> ToWorker:
    """Return an instruction.

    Raises:
        ProtocolError: the bytes are none.

    """
    try:
        return _to_worker.decode(body)
    except _UNREADABLE as error:
        raise ProtocolError(f"instruction: {error}") from error


def decode_reports(payload: bytes) -> list[Report]:
    """Return the reports of a ``report/…/`` message.

    Raises:
        ProtocolError: the payload holds none.

    """
    try:
        return _reports.decode(payload)
    except _UNREADABLE as error:
        raise ProtocolError(f"reports: {error}") from error
