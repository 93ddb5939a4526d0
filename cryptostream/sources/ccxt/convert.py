"""ccxt's dictionaries as values of ours: exact numbers, and ``None`` where there is nothing.

Pure. ccxt turns numbers into floats; the text that the exchange sent is in ``info``. A number
is taken from the text that says the same, else it is the shortest one that means the float.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NS_PER_MS = 1_000_000
# ms since the epoch: the year 2200. A larger number is none.
_LATEST_MS = 7_258_118_400_000
# Longer text is no number of this world.
_LONGEST = 40
_LARGEST_EXPONENT = 30
# How deep the numbers of a ticker lie in what an exchange sends: {"c": ["67102.30", "0.1"]}.
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Quote:
    """What a ticker says; ``at`` is the exchange's time in ns, the change in percent as well."""

    last: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    volume: Decimal | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Print:
    """One trade; ``at`` is the exchange's time in ns."""

    price: Decimal
    quantity: Decimal
    side: Literal["buy", "sell"] | None
    id: str | None
    at: int | None


def quote_of(ticker: Mapping[str, Any]) -> Quote:
    """Return what a ticker says; what it does not say, or says unreadably, is ``None``."""
    texts = _texts(ticker.get("info"))

    def positive(name: str) -> Decimal | None:
        number = exact(ticker.get(name), texts)
        return number if number is not None and number > 0 else None

    last = positive("last")
    return Quote(
        last=positive("close") if last is None else last,
        bid=positive("bid"),
        ask=positive("ask"),
        change=exact(ticker.get("change"), texts),
        change_percent=exact(ticker.get("percentage"), texts),
        volume=exact(ticker.get("baseVolume"), texts),
        at=_time(ticker.get("timestamp")),
    )


def print_of(trade: Mapping[str, Any]) -> Print | None:
    """Return a trade, ``None`` when it has no price or no quantity."""
    texts = _texts(trade.get("info"))
    price, quantity = exact(trade.get("price"), texts), exact(trade.get("amount"), texts)
    if price is None or quantity is None or price <= 0 or quantity <= 0:
        return None
    number = trade.get("id")
    return Print(
        price=price,
        quantity=quantity,
        side=_side(trade.get("side")),
        id=str(number) if isinstance(number, str | int) else None,
        at=_time(trade.get("timestamp")),
    )


def exact(value: object, texts: Mapping[float, str]) -> Decimal | None:
    """Return a number of ccxt's: by its own text, by one of ``texts``, or the shortest.

    ``texts`` maps floats to texts that mean them.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, float):
        return _number(texts.get(value) or repr(value)) if math.isfinite(value) else None
    text = str(value) if not isinstance(value, int) or abs(value) < 10**_LONGEST else ""
    return _number(text)


def _number(text: str) -> Decimal | None:
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    if not number.is_finite() or (number and abs(number.adjusted()) > _LARGEST_EXPONENT):
        return None
    return number


def _texts(info: object) -> dict[float, str]:
    """Return the numbers that an exchange sent as text, by their value."""
    found: dict[float, str] = {}
    for text in _leaves(info, _DEPTH):
        if len(text) <= _LONGEST and _number(text) is not None:
            found.setdefault(float(text), text)
    return found


def _leaves(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict | list):
        inner: Iterable[object] = value.values() if isinstance(value, dict) else value
        for each in inner:
            yield from _leaves(each, depth - 1)


def _side(side: object) -> Literal["buy", "sell"] | None:
    if side == "buy":
        return "buy"
    return "sell" if side == "sell" else None


def _time(ms: object) -> int | None:
    if isinstance(ms, bool) or not isinstance(ms, int | float):
        return None
    return int(ms) * _NS_PER_MS if 0 < ms < _LATEST_MS else None
