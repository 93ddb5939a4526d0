"""One connection of the Binance replica: what comes in, what has to be done about it.

Pure: time (s) is an argument, and what happens on the wire are the returned effects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sim.binance_limits import Limits, Window
from cryptostream.sim.binance_streams import Stream, parse_stream

if TYPE_CHECKING:
    from cryptostream.sim.binance_streams import Address

POLICY, GOING_AWAY = 1008, 1001
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_LONGEST_ID = 36
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class Say:
    """Send this text."""

    text: str


@dataclass(frozen=True, slots=True)
class SendPing:
    """Ask with this payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SendPong:
    """Answer with this payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection with this code and reason."""

    code: int
    reason: str


Effect = Say | SendPing | SendPong | Close


class Refused(Exception):
    """A request that is answered with an error; ``code`` and ``msg`` as the exchange has them."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg


def error_text(code: int, msg: str, request: object, *, wrapped: bool) -> str:
    """Return an error in one of the two shapes that are seen on the wire."""
    body: dict[str, object] = {"code": code, "msg": msg}
    if wrapped:
        return _dumps({"error": body, "id": request})
    return _dumps(body if request is None else body | {"id": request})


class BinanceProtocol:
    """``streams`` is what the connection is subscribed to, by name, in order."""

    def __init__(self, address: Address, limits: Limits, now: float) -> None:
        self.streams: dict[str, Stream] = {stream.name: stream for stream in address.streams}
        self.combined = address.combined
        self.microseconds = address.microseconds
        self._limits = limits
        self._incoming = Window(limits.messages, limits.second)
        self._ends_at = now + limits.day
        self._ping_at = now + limits.ping
        self._asked: dict[bytes, float] = {}

    # -- time ---------------------------------------------------------------------------

    def next_at(self) -> float:
        """Return when :meth:`clock` has something to do."""
        oldest = min(self._asked.values(), default=self._ends_at)
        return min(self._ends_at, self._ping_at, oldest + self._limits.pong)

    def clock(self, now: float, *, pings: bool = True) -> list[Effect]:
        """Return the ping that is due, or the end that is; without ``pings`` nobody is asked."""
        if now >= self._ends_at:
            return [Close(GOING_AWAY, "24 hours are over")]
        if any(now - asked >= self._limits.pong for asked in self._asked.values()):
            return [Close(POLICY, "no pong")]
        if now < self._ping_at:
            return []
        self._ping_at = now + self._limits.ping
        if not pings:
            return []
        payload = str(int(now * 1000)).encode()
        self._asked[payload] = now
        return [SendPing(payload)]

    # -- what comes in ------------------------------------------------------------------

    def ping(self, payload: bytes, now: float) -> list[Effect]:
        """Take a ping of the client."""
        return self._too_many(now) or [SendPong(payload)]

    def pong(self, payload: bytes, now: float) -> list[Effect]:
        """Take a pong; only the payload of a ping counts as an answer, for all before it too."""
        too_many = self._too_many(now)
        if payload in self._asked:
            asked = self._asked[payload]
            self._asked = {p: at for p, at in self._asked.items() if at > asked}
        return too_many

    def text(self, text: str, now: float, *, broken: bool = False, wrapped: bool) -> list[Effect]:
        """Take a request; ``broken`` refuses what is right, ``wrapped`` is the shape of errors."""
        too_many = self._too_many(now)
        if too_many:
            return too_many
        request: object = None
        try:
            body = _request(text)
            request = body.get("id")
            result = self._do(body, broken=broken)
        except Refused as error:
            return [Say(error_text(error.code, error.msg, request, wrapped=wrapped))]
        return [Say(_dumps({"result": result, "id": request}))]

    def _too_many(self, now: float) -> list[Effect]:
        return [] if self._incoming.takes(now) else [Close(POLICY, "Too many requests")]

    def _do(self, body: dict[str, object], *, broken: bool) -> object:
        method, params = body["method"], body.get("params", [])
        if not isinstance(params, list):
            raise Refused(2, "Invalid request: params must be a list")
        match method:
            case "LIST_SUBSCRIPTIONS":
                return list(self.streams)
            case "SET_PROPERTY":
                self._set_property(params)
                return None
            case "GET_PROPERTY":
                _property(params, 1)
                return self.combined
        found = [parse_stream(name) for name in params]
        if broken or not found or None in found:
            raise Refused(2, "Invalid request: invalid stream")
        self._change(str(method), [stream for stream in found if stream is not None])
        return None

    def _change(self, method: str, streams: list[Stream]) -> None:
        if method == "UNSUBSCRIBE":
            for stream in streams:
                self.streams.pop(stream.name, None)
            return
        after = self.streams | {stream.name: stream for stream in streams}
        if len(after) > self._limits.streams:
            raise Refused(2, "Invalid request: too many parameters")
        self.streams = after

    def _set_property(self, params: list[object]) -> None:
        value = _property(params, 2)
        if not isinstance(value, bool):
            raise Refused(1, "Invalid value type: expected Boolean")
        self.combined = value


def _request(text: str) -> dict[str, object]:
    try:
        body = json.loads(text)
    except ValueError:
        raise Refused(3, "Invalid JSON: expected value at line 1 column 1") from None
    except RecursionError:
        raise Refused(3, "Invalid JSON: recursion limit exceeded at line 1 column 128") from None
    if not isinstance(body, dict):
        raise Refused(2, "Invalid request: expected a map at line 1 column 1")
    if "method" not in body:
        raise Refused(2, f"Invalid request: missing field `method` at line 1 column {len(text)}")
    if body["method"] not in _METHODS:
        expected = ", ".join(_METHODS)
        unknown = f"unknown variant {body['method']}, expected one of {expected}"
        raise Refused(2, f"Invalid request: {unknown}")
    if not _is_id(body.get("id")):
        raise Refused(2, "Invalid request: request ID must be an unsigned integer")
    return body


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_ID
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INT64
    return value is None or whole


def _property(params: list[object], count: int) -> object:
    """Return the last of ``count`` parameters whose first names the one property there is."""
    if len(params) > count:
        raise Refused(2, "Invalid request: too many parameters")
    if not params or not isinstance(params[0], str):
        raise Refused(2, "Invalid request: property name must be a string")
    if params[0] != "combined":
        raise Refused(0, "Unknown property")
    return params[-1]


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
