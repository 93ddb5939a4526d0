"""What viewers say, as typed values, and the parts of what they are answered.

``docs/http.md`` is normative for both.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from cryptostream.errors import BadSymbol, CryptoStreamError, ProtocolError, RequestError
from cryptostream.gateway.encoding import Codec
from cryptostream.symbols import DEFAULT_EXCHANGE, parse_symbol

Kind = Literal["tick", "trade"]
# An hour between two ticks is no stream; whoever wants one asks for a snapshot.
IntervalMs = Annotated[int, msgspec.Meta(ge=0, le=60_000)]
RequestId = int | str | None
_Cursor = tuple[Annotated[int, msgspec.Meta(ge=0)], Annotated[int, msgspec.Meta(ge=0)]]
_Recover = dict[str, dict[Kind, _Cursor]]


class Asked(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="op",
    tag=str.lower,
    forbid_unknown_fields=True,
):
    """What every message of a viewer has."""

    id: int | str | None = None


class _Recovering(Asked, frozen=True, kw_only=True):
    """A message that may say where an earlier connection stood."""

    recover: _Recover = {}

    def __post_init__(self) -> None:
        """Refuse a cursor of what can be no ticker."""
        for ticker in self.recover:
            try:
                parse_symbol(ticker, DEFAULT_EXCHANGE)
            except BadSymbol as error:
                raise ValueError(f"recover: {error.message}") from error


class Hello(_Recovering, frozen=True, kw_only=True):
    """Who the viewer is, and where an earlier connection of it stood."""

    client_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    interval_ms: IntervalMs = 0
    token: str = ""


class Subscribe(_Recovering, frozen=True, kw_only=True):
    """Follow tickers."""

    # Any, not str: a wrong element is answered as one bad ticker.
    tickers: list[Any]
    interval_ms: IntervalMs | None = None
    kinds: tuple[Kind, ...] | None = None


class Unsubscribe(Asked, frozen=True, kw_only=True):
    """Follow tickers no more."""

    tickers: list[Any]


class Modify(Asked, frozen=True, kw_only=True):
    """Add and remove tickers, or change the interval of all."""

    add: list[Any] = []
    remove: list[Any] = []
    interval_ms: IntervalMs | None = None
    kinds: tuple[Kind, ...] | None = None


class Set(Asked, frozen=True, kw_only=True):
    """Say the whole set of tickers that is followed from now on."""

    tickers: list[Any]
    interval_ms: IntervalMs | None = None
    kinds: tuple[Kind, ...] | None = None


class Pause(Asked, frozen=True, kw_only=True):
    """Send no records until resume."""


class Resume(Asked, frozen=True, kw_only=True):
    """Go on."""


class Ping(Asked, frozen=True, kw_only=True):
    """Ask for a sign of life."""


Request = Hello | Subscribe | Unsubscribe | Modify | Set | Pause | Resume | Ping
OPERATIONS = ("hello", "modify", "pause", "ping", "resume", "set", "subscribe", "unsubscribe")

_from_json = msgspec.json.Decoder().decode
_from_msgpack = msgspec.msgpack.Decoder().decode


def decode_request(
    codec: Codec, body: bytes | str
) -> tuple[RequestId, Request | CryptoStreamError]:
    """Return the id and the request, or the id and the coded error to answer with.

    Never raises: whatever the bytes are, the answer is a value.
    """
    try:
        fields = _as_map(codec, body)
    except CryptoStreamError as error:
        return None, error
    found = fields.get("id")
    usable = isinstance(found, int | str) and not isinstance(found, bool)
    request_id = found if usable else None
    try:
        return request_id, _as_request(fields)
    except CryptoStreamError as error:
        return request_id, error


def _as_map(codec: Codec, body: bytes | str) -> dict[str, Any]:
    try:
        if codec is Codec.JSON:
            found = _from_json(body)
        else:
            found = _from_msgpack(body.encode() if isinstance(body, str) else body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        form = "JSON" if codec is Codec.JSON else "MessagePack"
        raise ProtocolError(f"not {form}", hint=f"send one {form} map a message") from error
    if not isinstance(found, dict):
        raise ProtocolError("a request is a map", hint="send one map a message")
    return found


def _as_request(fields: dict[str, Any]) -> Request:
    op = fields.get("op")
    if op not in OPERATIONS:
        raise RequestError(
            f"unknown operation {op!r:.60}",
            code="unknown_op",
            hint="one of " + ", ".join(OPERATIONS),
        )
    try:
        found: Request = msgspec.convert(fields, Request)
    except msgspec.ValidationError as error:
        raise RequestError(f"{op}: {error}", hint="see docs/http.md") from error
    return found


def error_map(error: CryptoStreamError) -> dict[str, Any]:
    """Return an error as it travels."""
    return {
        "code": error.code,
        "message": error.message,
        "retriable": error.retriable,
        "hint": error.hint,
    }


def refusal(request_id: RequestId, error: CryptoStreamError) -> dict[str, Any]:
    """Return the answer to a request that is refused as a whole."""
    return {"re": request_id, "ok": False, "error": error_map(error)}


def refused(ticker: object, error: CryptoStreamError, symbol: str = "") -> dict[str, Any]:
    """Return the result of one ticker that is refused."""
    shown = ticker if isinstance(ticker, str) else str(ticker)
    result: dict[str, Any] = {"ticker": shown[:128], "ok": False, "error": error_map(error)}
    if symbol:
        result["symbol"] = symbol
    suggestions = getattr(error, "suggestions", ())
    return {**result, "suggestions": [*suggestions]} if suggestions else result
