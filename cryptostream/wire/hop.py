"""The inner hop: what workers (browser and feed processes) and the router say to each other.

Data and reports of a worker go over one PUB socket as ``topic, hop meta, payload``, so that
their order is kept; the hop meta is ``[version, incarnation, number, count, flags]`` and its
number counts the worker's messages, so that the router sees a loss on this hop. Instructions
go over DEALER and ROUTER as tagged maps.
"""

from __future__ import annotations

import enum

import msgspec

from cryptostream.errors import ProtocolError

VERSION = 1
REPORT = "report"
PROBE = b"probe/"


class HopMeta(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Second frame of a message from a worker; ``number`` counts its messages from 1."""

    version: int
    incarnation: int
    number: int
    count: int
    flags: int


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
    """A worker offers itself; ``reports`` are the tickers it already runs."""

    worker: str
    incarnation: int
    source: str
    capacity: int
    pid: int
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
    """The router has received a probe of this incarnation: the data path is open."""

    incarnation: int


class WhoAreYou(msgspec.Struct, frozen=True, kw_only=True, tag_field="m", tag="who"):
    """The router does not know this worker (it has restarted): say hello again."""


FromWorker = WorkerHello | Beat | Goodbye
ToWorker = Open | Close | Confirmed | WhoAreYou

# RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
_UNREADABLE = (msgspec.MsgspecError, RecursionError)
_encode = msgspec.msgpack.Encoder().encode
encode_hop_meta = _encode
encode_reports = _encode
_meta_decoder = msgspec.msgpack.Decoder(HopMeta)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_reports = msgspec.msgpack.Decoder(list[Report])


def encode_hop(message: FromWorker | ToWorker) -> bytes:
    """Return the bytes of an instruction or of a worker's message."""
    return _encode(message)


def decode_hop_meta(frame: bytes) -> HopMeta:
    """Return the hop meta.

    Raises:
        ProtocolError: it is not the array of five integers of this version.

    """
    try:
        meta = _meta_decoder.decode(frame)
    except _UNREADABLE as error:
        raise ProtocolError(f"hop meta: {error}") from error
    if meta.version != VERSION:
        raise ProtocolError(f"hop version {meta.version} is not known here", code="bad_version")
    return meta


def decode_from_worker(body: bytes) -> FromWorker:
    """Return a worker's message.

    Raises:
        ProtocolError: the bytes are none.

    """
    try:
        return _from_worker.decode(body)
    except _UNREADABLE as error:
        raise ProtocolError(f"worker message: {error}") from error


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
