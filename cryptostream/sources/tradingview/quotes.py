"""The page's own quote frames: ``~m~`` framing and ``qsd`` deltas, merged for one symbol.

They fill what the header does not show (bid, ask, volume) and cross-check what it does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import msgspec

_HEAD = re.compile(r"~m~([0-9]{1,8})~m~")
_FIELDS = ("lp", "bid", "ask", "volume", "ch", "chp")
_LONGEST_HEAD = len("~m~12345678~m~")
_NUMBER_BEGINS = frozenset(bytes([one]) for one in b"-0123456789")
# Floats in the frames carry binary noise after the 15th significant digit.
_SIGNIFICANT = 15


def split_frames(text: str) -> list[str]:
    """Return the payloads of one websocket message.

    The length in the head counts UTF-16 units. A message that does not follow the framing
    gives what was well formed before the fault.
    """
    if text.isascii():
        return _split(text)
    # Two bytes a unit: positions in the encoded text are then positions in units.
    return _split_units(text)


def _split(text: str) -> list[str]:
    payloads: list[str] = []
    position = 0
    while (head := _HEAD.match(text, position)) is not None:
        end = head.end() + int(head[1])
        if end > len(text):
            break
        payloads.append(text[head.end() : end])
        position = end
    return payloads


def _split_units(text: str) -> list[str]:
    units = text.encode("utf-16-le", "surrogatepass")
    payloads: list[str] = []
    position = 0
    while True:
        # Only the head: decoding the rest each time would take minutes for a long message.
        rest = units[2 * position : 2 * (position + _LONGEST_HEAD)].decode("utf-16-le", "replace")
        head = _HEAD.match(rest)
        if head is None:
            return payloads
        start = position + head.end()
        end = start + int(head[1])
        if 2 * end > len(units):
            return payloads
        payloads.append(units[2 * start : 2 * end].decode("utf-16-le", "replace"))
        position = end


class _Values(msgspec.Struct, gc=False):
    """The values of a delta, as they are written: a page may put anything there."""

    lp: msgspec.Raw = msgspec.Raw()
    bid: msgspec.Raw = msgspec.Raw()
    ask: msgspec.Raw = msgspec.Raw()
    volume: msgspec.Raw = msgspec.Raw()
    ch: msgspec.Raw = msgspec.Raw()
    chp: msgspec.Raw = msgspec.Raw()
    update_mode: msgspec.Raw = msgspec.Raw()


class _Delta(msgspec.Struct, gc=False):
    n: str
    s: msgspec.Raw = msgspec.Raw()
    v: _Values = msgspec.field(default_factory=_Values)
    errmsg: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    m: str
    p: tuple[msgspec.Raw, _Delta]


# Typed: a general parser would build, for each price, what is thrown away at once. Most of
# what a price costs here is code that has gone cold since the last one.
_message = msgspec.json.Decoder(_Message).decode


@dataclass(slots=True)
class Quote:
    """The merged quote of one symbol; every frame brings only what changed."""

    symbol: str
    values: dict[str, Decimal] = field(default_factory=dict)
    mode: str = ""
    frames: int = 0
    heartbeats: int = 0
    error: str = ""

    def feed(self, text: str) -> frozenset[str]:
        """Take one websocket message; return the names of the fields that changed."""
        changed: set[str] = set()
        for payload in split_frames(text):
            if payload.startswith("~h~"):
                self.heartbeats += 1
            elif self.symbol in payload:
                changed |= self._merge(payload)
        return frozenset(changed)

    def _merge(self, payload: str) -> set[str]:
        try:
            found = _message(payload)
        except (msgspec.MsgspecError, RecursionError):
            # Not of this shape: some other message of the page's, or none at all.
            return set()
        _session, delta = found.p
        if found.m != "qsd" or not _names(delta.n, self.symbol):
            return set()
        self.frames += 1
        if _text(delta.s) == "error":
            self.error = _text(delta.errmsg) or "the site refuses this symbol"
        return self._take(delta.v)

    def _take(self, values: _Values) -> set[str]:
        changed: set[str] = set()
        self.mode = _text(values.update_mode) or self.mode
        for name in _FIELDS:
            exact = _number(bytes(getattr(values, name)))
            if exact is not None and self.values.get(name) != exact:
                self.values[name] = exact
                changed.add(name)
        return changed


def _names(name: str, symbol: str) -> bool:
    """Whether the ``n`` of a delta is this symbol, plain or in its ``={…}`` form."""
    return name == symbol or f'"symbol":"{symbol}"' in name


def _text(raw: msgspec.Raw) -> str:
    """Return what is written there if it is a text, else nothing."""
    found = msgspec.json.decode(raw) if raw else None
    return found if isinstance(found, str) else ""


def _number(text: bytes) -> Decimal | None:
    """Return the number that is written there, if it is one."""
    if text[:1] not in _NUMBER_BEGINS:
        return None
    try:
        value = Decimal(text.decode())
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    # A shorter text cannot hold more digits.
    if len(text) > _SIGNIFICANT and len(value.as_tuple().digits) > _SIGNIFICANT:
        return Decimal(f"{value:.{_SIGNIFICANT}g}")
    return value
