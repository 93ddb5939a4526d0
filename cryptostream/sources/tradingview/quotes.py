"""The page's own quote frames: ``~m~`` framing and ``qsd`` deltas, merged for one symbol.

They fill what the header does not show (bid, ask, volume) and cross-check what it does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

_HEAD = re.compile(r"~m~([0-9]{1,8})~m~")
_FIELDS = ("lp", "bid", "ask", "volume", "ch", "chp")
_LONGEST_HEAD = len("~m~12345678~m~")
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
            found = json.loads(payload, parse_float=Decimal, parse_int=Decimal)
        except (json.JSONDecodeError, InvalidOperation, RecursionError):
            return set()
        delta = _delta_of(found, self.symbol)
        if delta is None:
            return set()
        self.frames += 1
        if delta.get("s") == "error":
            self.error = str(delta.get("errmsg", "the site refuses this symbol"))
        values = delta.get("v")
        return self._take(values) if isinstance(values, dict) else set()

    def _take(self, values: dict[str, object]) -> set[str]:
        changed: set[str] = set()
        mode = values.get("update_mode")
        if isinstance(mode, str):
            self.mode = mode
        for name in _FIELDS:
            value = values.get(name)
            if isinstance(value, Decimal) and value.is_finite():
                exact = _without_noise(value)
                if self.values.get(name) != exact:
                    self.values[name] = exact
                    changed.add(name)
        return changed


def _delta_of(found: object, symbol: str) -> dict[str, object] | None:
    if not isinstance(found, dict) or found.get("m") != "qsd":
        return None
    parameters = found.get("p")
    least = 2
    if not isinstance(parameters, list) or len(parameters) < least:
        return None
    delta = parameters[1]
    if not isinstance(delta, dict) or not _names(delta.get("n"), symbol):
        return None
    return delta


def _names(name: object, symbol: str) -> bool:
    """Whether the ``n`` of a delta is this symbol, plain or in its ``={…}`` form."""
    return isinstance(name, str) and (name == symbol or f'"symbol":"{symbol}"' in name)


def _without_noise(value: Decimal) -> Decimal:
    if len(value.as_tuple().digits) <= _SIGNIFICANT:
        return value
    return Decimal(f"{value:.{_SIGNIFICANT}g}")
