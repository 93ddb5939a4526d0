"""What CoinGecko's bodies say: prices, the list of coins, or an error in one of its shapes.

Pure. Numbers are exact: a JSON number becomes a Decimal with its own digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from cryptostream.errors import SourceError
from cryptostream.sources.coingecko.coins import Price

# No price of this world has more digits before the point, or zeros behind it.
_LARGEST_EXPONENT = 30
# Seconds since the epoch: the year 2200. A larger number is none.
_LATEST = 7_258_118_400
_LONGEST_TEXT = 200

_decode = msgspec.json.Decoder(Any, float_hook=Decimal).decode
# RecursionError: nested deeper than the decoder follows.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Quote:
    """What is known of a price; ``updated`` is in s since the epoch, the change in percent.

    ``last`` is ``None`` when CoinGecko knows the coin but has no price now.
    """

    last: Decimal | None
    change_percent: Decimal | None = None
    updated: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in a body: CoinGecko's own code, or 0, and its text."""

    code: int
    text: str


def json_of(body: bytes) -> Any:  # noqa: ANN401 - whatever the far side wrote
    """Return the value of a body.

    Raises:
        SourceError: it is not JSON.

    """
    try:
        return _decode(body)
    except _UNREADABLE as error:
        raise _malformed(f"it is not JSON: {error}") from error


def failure_in(value: object) -> Failure | None:
    """Return the error that a body holds; its HTTP status may well be 200.

    A coin may have the id ``status`` or ``error``, so that the shapes are looked at closely.
    """
    match value:
        case {"error": str(text)}:
            return Failure(0, _short(text))
        case {"error": {"status": {"error_code": code} as status}}:
            return Failure(_code(code), _short(status.get("error_message")))
        case {"status": {"error_code": code} as status}:
            return Failure(_code(code), _short(status.get("error_message")))
    return None


def quotes_in(value: object, currencies: tuple[str, ...]) -> dict[Price, Quote]:
    """Return what an answer says of each of its coins; what is absent is not known there.

    Raises:
        SourceError: it is not an answer of this kind.

    """
    if not isinstance(value, dict):
        raise _malformed("it is not an object")
    found: dict[Price, Quote] = {}
    for coin, entry in value.items():
        if not isinstance(entry, dict):
            raise _malformed(f"what it says of {_short(coin)} is not an object")
        for currency in currencies:
            found[Price(coin, currency)] = _quote(entry, currency)
    return found


def coins_by_symbol(value: object) -> dict[str, list[str]]:
    """Return the ids of the list of coins by their symbol in small letters.

    Raises:
        SourceError: it is not a list of coins.

    """
    if not isinstance(value, list) or not value:
        raise _malformed("it is not a list of coins")
    found: dict[str, list[str]] = {}
    for entry in value:
        match entry:
            case {"id": str(coin), "symbol": str(symbol)}:
                found.setdefault(symbol.lower(), []).append(coin)
            case _:
                raise _malformed("one of its coins has no id")
    return found


def _quote(entry: dict[str, Any], currency: str) -> Quote:
    last = _number(entry.get(currency))
    updated = entry.get("last_updated_at")
    whole = type(updated) is int and 0 < updated < _LATEST
    return Quote(
        last=last if last is not None and last > 0 else None,
        change_percent=_number(entry.get(f"{currency}_24h_change")),
        updated=updated if whole else None,
    )


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    plausible = number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT
    return number if plausible or not number else None


def _code(code: object) -> int:
    return code if isinstance(code, int) else 0


def _short(text: object) -> str:
    return str(text or "")[:_LONGEST_TEXT]


def _malformed(text: str) -> SourceError:
    return SourceError(f"CoinGecko's answer cannot be read: {text}", code="malformed")
