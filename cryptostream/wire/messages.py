"""Control messages: one MessagePack map a request, one map an answer.

Request ``{v, id, op, …}``; answer ``{v, id, ok: true, …}`` or
``{v, id, ok: false, error: {code, message, retriable, hint}}``. A list of tickers is
answered per ticker: one bad ticker never fails a request.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from cryptostream.errors import CryptoStreamError, ProtocolError, RequestError
from cryptostream.symbols import Listed

VERSION = 1

# The longest client id we keep: enough for a UUID with a name before it.
MAX_CLIENT_ID = 128


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every request has: ``id`` is the client's choice and comes back in the answer."""

    op: ClassVar[str]
    needs_session: ClassVar[bool] = False


class Hello(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Open or renew a session under an id of the client's choice.

    ``lease`` asks for a lease of so many seconds; the answer says what was granted.
    """

    op = "hello"
    client: str
    agent: str = ""
    lease: float | None = None


class _Tickers(Request, frozen=True, kw_only=True, omit_defaults=True):
    # Any, not str: a wrong element is answered as one bad ticker.
    tickers: list[Any]


class Subscribe(_Tickers, frozen=True, kw_only=True, omit_defaults=True):
    """Add tickers to what this client wants."""

    op = "subscribe"
    needs_session = True


class Unsubscribe(_Tickers, frozen=True, kw_only=True, omit_defaults=True):
    """Remove tickers from what this client wants."""

    op = "unsubscribe"
    needs_session = True


class Modify(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Add and remove tickers in one step."""

    op = "modify"
    needs_session = True
    add: list[Any] = []
    remove: list[Any] = []


class Set(_Tickers, frozen=True, kw_only=True, omit_defaults=True):
    """Say the whole set of tickers that this client wants; idempotent."""

    op = "set"
    needs_session = True
    generation: int = 0


class Snapshot(_Tickers, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for the last value and the status of tickers."""

    op = "snapshot"


class Recover(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for all messages of a topic after ``seq``: all of them, or an image."""

    op = "recover"
    topic: str
    epoch: int
    seq: int


class History(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for the newest messages that the ring still holds, oldest first."""

    op = "history"
    ticker: str
    kind: str = "tick"
    limit: int = 100


class List(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for the status of all tickers that are open."""

    op = "list"


class Search(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask the symbol directory for instruments that contain or resemble a text.

    ``exchange`` is the only one to look at; empty means all.
    """

    op = "search"
    text: str
    limit: int = 20
    exchange: str = ""


class DaemonStatus(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask how the daemon itself is."""

    op = "status"


class Why(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Ask why a ticker ticks or does not: each hop with its last event."""

    op = "why"
    ticker: str


class Ping(Request, frozen=True, kw_only=True, omit_defaults=True):
    """Renew the lease and measure the way."""

    op = "ping"


class Bye(Request, frozen=True, kw_only=True, omit_defaults=True):
    """End the session and all its subscriptions now."""

    op = "bye"


OPERATIONS: dict[str, type[Request]] = {
    request.op: request
    for request in (
        Hello,
        Subscribe,
        Unsubscribe,
        Modify,
        Set,
        Snapshot,
        Recover,
        History,
        List,
        Search,
        DaemonStatus,
        Why,
        Ping,
        Bye,
    )
}


_Positive = Annotated[float, msgspec.Meta(gt=0)]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request and one client may ask for."""

    max_message: int = 1_048_576
    max_tickers_per_request: Annotated[int, msgspec.Meta(ge=1)] = 500
    max_tickers_per_client: int = 500


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to hello, as far as a client needs it."""

    epoch: int
    lease: _Positive = 10.0
    heartbeat: _Positive = 1.0
    default_exchange: str = "BINANCE"
    simulated: bool = False
    limits: Limits = Limits()


class TickerResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one ticker of a request."""

    ticker: str
    ok: bool
    symbol: str = ""
    images: list[Any] = []
    error: Any = None
    suggestions: tuple[str, ...] = ()


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to search, as far as a client needs it."""

    found: tuple[Listed, ...]
    notes: tuple[str, ...] = ()


_Read = TypeVar("_Read", Welcome, TickerResult, SearchResult)


def read_answer(fields: object, kind: type[_Read]) -> _Read:
    """Return an answer, or one of its results, as a value.

    Raises:
        ProtocolError: it lacks a field, or has one of another type.

    """
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"an answer of the daemon: {error}") from error


class Call(msgspec.Struct, frozen=True):
    """A request with the id under which its answer is expected."""

    id: int | str | None
    request: Request


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def encode_request(call_id: int, request: Request) -> bytes:
    """Return the bytes of a request."""
    return _encode({"v": VERSION, "id": call_id, "op": request.op, **msgspec.to_builtins(request)})


def _as_map(body: bytes) -> dict[str, Any]:
    try:
        found = _decode(body)
    except msgspec.MsgspecError as error:
        raise ProtocolError(
            f"not MessagePack: {error}", hint="send one MessagePack map a message"
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ProtocolError("not MessagePack: invalid text or nesting") from error
    if not isinstance(found, dict):
        raise ProtocolError(
            f"a request is a map, not {type(found).__name__}",
            hint="send one MessagePack map a message",
        )
    return found


def call_id_of(fields: dict[str, Any]) -> int | str | None:
    """Return the id under which the answer to a request, good or bad, is expected."""
    call_id = fields.get("id")
    usable = isinstance(call_id, int | str) and not isinstance(call_id, bool)
    return call_id if usable else None


def decode_request(body: bytes) -> tuple[int | str | None, Request | CryptoStreamError]:
    """Return the id and the request, or the id and the coded error to answer with.

    Never raises: whatever the bytes are, the answer is a value.
    """
    call_id: int | str | None = None
    try:
        fields = _as_map(body)
        call_id = call_id_of(fields)
        return call_id, _as_request(fields)
    except CryptoStreamError as error:
        return call_id, error


def _as_request(fields: dict[str, Any]) -> Request:
    version = fields.get("v")
    if version != VERSION or isinstance(version, bool):
        raise ProtocolError(
            f"version {version!r:.40} of the control messages is not known here",
            code="bad_version",
            hint=f"send v: {VERSION}",
        )
    op = fields.get("op")
    kind = OPERATIONS.get(op) if isinstance(op, str) else None
    if kind is None:
        raise RequestError(
            f"unknown operation {op!r:.60}",
            code="unknown_op",
            hint="one of " + ", ".join(sorted(OPERATIONS)),
        )
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise RequestError(f"{kind.op}: {error}", hint="see docs/protocol.md") from error


def error_map(error: CryptoStreamError) -> dict[str, Any]:
    """Return an error as it travels."""
    return {
        "code": error.code,
        "message": error.message,
        "retriable": error.retriable,
        "hint": error.hint,
    }


def error_of(fields: Any) -> CryptoStreamError:  # noqa: ANN401 - it came over the wire
    """Return a travelled error as our exception."""
    found = fields if isinstance(fields, dict) else {}
    return RequestError(
        str(found.get("message", "the daemon gave no reason")),
        code=str(found.get("code", "internal")),
        hint=str(found.get("hint", "")),
        retriable=bool(found.get("retriable", False)),
    )


def encode_answer(call_id: int | str | None, fields: dict[str, Any]) -> bytes:
    """Return the bytes of a good answer."""
    return _encode({"v": VERSION, "id": call_id, "ok": True, **fields})


def encode_refusal(call_id: int | str | None, error: CryptoStreamError) -> bytes:
    """Return the bytes of an answer that says no."""
    return _encode({"v": VERSION, "id": call_id, "ok": False, "error": error_map(error)})


def decode_answer(body: bytes) -> dict[str, Any]:
    """Return an answer as a map with ``id`` and ``ok``.

    Raises:
        ProtocolError: the bytes are not an answer.

    """
    fields = _as_map(body)
    if fields.get("v") != VERSION or not isinstance(fields.get("ok"), bool):
        raise ProtocolError("an answer has v, id and ok")
    return fields
