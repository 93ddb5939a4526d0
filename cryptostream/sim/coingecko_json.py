"""How CoinGecko writes numbers: the shortest digits, small ones in exponent form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

# Below this the service writes 2.456e-05 for 0.00002456.
_SMALL = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number on its way into JSON; ``exponent`` asks for that form at any size."""

    value: Decimal
    exponent: bool = False


def number_text(number: Number) -> str:
    """Return the number's digits without trailing zeros: 67101, 0.5321 or 2.456e-05."""
    value = number.value
    if not value:
        return "0.0"
    if number.exponent or abs(value) < _SMALL:
        return _exponent_text(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponent_text(value: Decimal) -> str:
    sign, digits, _ = value.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}e{value.adjusted():+03d}"


def dumps(value: object) -> str:
    """Return JSON in which a :class:`Number` has exactly its own digits."""
    if isinstance(value, Number):
        return number_text(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)
