"""The quote protocol as a value machine: payloads in, payloads out, no socket, no clock.

One :class:`QuoteProtocol` is the server's side of one connection. A client may hold several
quote sessions; each names its fields and its symbols. Once a session has named its fast
symbols, all others are slow: their changes are merged until :meth:`QuoteProtocol.flush_slow`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.errors import ProtocolError
from cryptostream.sim.framing import exact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.fields import Fields

MAX_SESSIONS = 64
MAX_SYMBOLS = 2_000
# Evenly spaced synthetic prices; more than this no page can paint.
MAX_RATE = 20_000

_IGNORED = ("set_auth_token", "set_locale", "set_data_quality")


class Delta:
    """Changed fields of one symbol, encoded once for each set of wanted fields."""

    __slots__ = ("_texts", "fields")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._texts: dict[frozenset[str] | None, str] = {}

    def text(self, wanted: frozenset[str] | None) -> str:
        """Return the JSON of the wanted fields (None: all), empty when none is among them."""
        found = self._texts.get(wanted)
        if found is None:
            kept = {n: v for n, v in self.fields.items() if wanted is None or n in wanted}
            found = self._texts[wanted] = exact_json(kept) if kept else ""
        return found


@dataclass(slots=True)
class _Session:
    wanted: frozenset[str] | None = None
    symbols: dict[str, str] = field(default_factory=dict)  # as requested -> canonical
    fast: frozenset[str] | None = None
    pending: dict[str, Fields] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RateRequest:
    """A page asks for ``rate`` synthetic prices per second of a symbol in its session."""

    session: str
    symbol: str
    rate: float


def canonical(requested: str) -> str:
    """Return the symbol in a request: plain, or in the form ``={"symbol":"…"}``."""
    if not requested.startswith("="):
        return requested
    try:
        described = json.loads(requested[1:])
    except ValueError:
        return ""  # not a symbol: answered with s:error like any unknown one
    symbol = described.get("symbol", "") if isinstance(described, dict) else ""
    return symbol if isinstance(symbol, str) else ""


def qsd(session: str, requested: str, values: str, state: str = "ok") -> str:
    """Return one quote message; ``values`` is JSON text."""
    head = f'{{"m":"qsd","p":[{json.dumps(session)},{{"n":{json.dumps(requested)}'
    error = ',"errmsg":"no such symbol"' if state == "error" else ""
    return f'{head},"s":"{state}"{error},"v":{values}}}]}}'


def _texts(message: object) -> tuple[str, list[str]]:
    """Return method and parameters; only ``sim_rate`` has one that is not text."""
    if not isinstance(message, dict) or not isinstance(message.get("m"), str):
        raise ProtocolError("a message without a method")
    params = message.get("p", [])
    if not isinstance(params, list) or not all(isinstance(p, str | int | float) for p in params):
        raise ProtocolError("the parameters are not a list of texts")
    return message["m"], [str(p) for p in params]


class QuoteProtocol:
    """The server's side of one connection; ``snapshot`` answers None for an unknown symbol."""

    def __init__(self, snapshot: Callable[[str], Fields | None]) -> None:
        self._snapshot = snapshot
        self._sessions: dict[str, _Session] = {}
        self.rates: dict[tuple[str, str], RateRequest] = {}

    def receive(self, payload: str) -> list[str]:
        """Return the answers to one payload of the client.

        Raises:
            ProtocolError: it is not a message that we know; the connection must end.

        """
        try:
            message = json.loads(payload)
        except ValueError as error:
            raise ProtocolError("a payload is not JSON") from error
        method, params = _texts(message)
        if method in _IGNORED:
            return []
        if not params:
            raise ProtocolError(f"{method} without a session")
        if method == "quote_create_session":
            return self._create(params[0])
        session = self._sessions.get(params[0])
        if session is None:
            raise ProtocolError(f"{method}: no session {params[0]!r}")
        return self._serve(method, params[0], session, params[1:])

    def _serve(self, method: str, name: str, session: _Session, rest: list[str]) -> list[str]:
        match method:
            case "quote_set_fields":
                session.wanted = frozenset(rest)
            case "quote_add_symbols":
                return self._add(name, session, rest)
            case "quote_remove_symbols":
                for requested in rest:
                    session.symbols.pop(requested, None)
                    session.pending.pop(requested, None)
            case "quote_fast_symbols":
                session.fast = frozenset(rest)
            case "quote_hibernate_all":
                session.fast = frozenset()
            case "quote_delete_session":
                del self._sessions[name]
            case "sim_rate":
                self._rate(name, rest)
            case _:
                raise ProtocolError(f"unknown method {method!r}")
        return []

    def _create(self, name: str) -> list[str]:
        if len(self._sessions) >= MAX_SESSIONS:
            raise ProtocolError("too many sessions")
        self._sessions[name] = _Session()
        return []

    def _rate(self, name: str, rest: list[str]) -> None:
        try:
            symbol, rate = rest[0], float(rest[1])
        except (IndexError, ValueError) as error:
            raise ProtocolError("sim_rate wants a symbol and a number") from error
        if not 0 <= rate <= MAX_RATE:
            raise ProtocolError(f"sim_rate wants 0 to {MAX_RATE} per second")
        self.rates[name, symbol] = RateRequest(name, symbol, rate)

    def _add(self, name: str, session: _Session, rest: list[str]) -> list[str]:
        if len(session.symbols) + len(rest) > MAX_SYMBOLS:
            raise ProtocolError("too many symbols")
        answers = []
        for requested in rest:
            session.symbols[requested] = canonical(requested)
            answers.append(self._full(name, session, requested))
            answers.append(exact_json({"m": "quote_completed", "p": [name, requested]}))
        return answers

    def _full(self, name: str, session: _Session, requested: str) -> str:
        session.pending.pop(requested, None)
        fields = self._snapshot(session.symbols[requested])
        if fields is None:
            return qsd(name, requested, "{}", "error")
        return qsd(name, requested, Delta(fields).text(session.wanted) or "{}")

    def refresh(self, symbol: str) -> list[str]:
        """Return the whole quote (or the error) again for all who hold the symbol."""
        return [
            self._full(name, session, requested)
            for name, session in self._sessions.items()
            for requested, known in session.symbols.items()
            if known == symbol
        ]

    def watched(self) -> set[str]:
        """Return the symbols whose changes the connection wants."""
        return {known for session in self._sessions.values() for known in session.symbols.values()}

    def delta(self, symbol: str, delta: Delta) -> list[str]:
        """Return the messages that a change causes now; slow symbols wait."""
        out = []
        for name, session in self._sessions.items():
            for requested, known in session.symbols.items():
                if known != symbol or (name, symbol) in self.rates:
                    continue
                if session.fast is not None and requested not in session.fast:
                    session.pending.setdefault(requested, {}).update(delta.fields)
                elif text := delta.text(session.wanted):
                    out.append(qsd(name, requested, text))
        return out

    def synthetic(self, request: RateRequest, fields: Fields) -> list[str]:
        """Return the message of one synthetic price, none when the session has gone."""
        session = self._sessions.get(request.session)
        if session is None or request.symbol not in session.symbols.values():
            return []
        return [qsd(request.session, request.symbol, exact_json(fields))]

    def flush_slow(self) -> list[str]:
        """Return the merged changes of the slow symbols."""
        out = []
        for name, session in self._sessions.items():
            for requested, fields in session.pending.items():
                if text := Delta(fields).text(session.wanted):
                    out.append(qsd(name, requested, text))
            session.pending.clear()
        return out
