"""What REST answers: listings with their grids, and the numbers of the day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cryptostream.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

TRADING = "TRADING"
# Binance writes every price and quantity with so many decimals.
_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Grid:
    """The zeros at the end of a price and of a quantity that say nothing."""

    price_zeros: str = ""
    size_zeros: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A symbol of the exchange; unknown words for the status are possible."""

    status: str
    grid: Grid


class Day(msgspec.Struct, frozen=True, gc=False):
    """The answer of ``/ticker/24hr`` for one symbol, as text; ``time`` is in ms."""

    symbol: str
    last: str = msgspec.field(name="lastPrice")
    change: str = msgspec.field(name="priceChange")
    percent: str = msgspec.field(name="priceChangePercent")
    volume: str
    time: int = msgspec.field(name="closeTime")
    bid: str = msgspec.field(name="bidPrice", default="")
    ask: str = msgspec.field(name="askPrice", default="")


class _Filter(msgspec.Struct):
    kind: str = msgspec.field(name="filterType", default="")
    tick: str = msgspec.field(name="tickSize", default="")
    step: str = msgspec.field(name="stepSize", default="")


class _Symbol(msgspec.Struct):
    symbol: str
    status: str = TRADING
    filters: list[_Filter] = []


class _Info(msgspec.Struct):
    symbols: list[_Symbol]


class _Refusal(msgspec.Struct):
    code: int
    msg: str = ""


_info = msgspec.json.Decoder(_Info).decode
_days = msgspec.json.Decoder(list[Day]).decode
_refusal = msgspec.json.Decoder(_Refusal).decode
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def decode_listing(body: bytes) -> dict[str, Listed]:
    """Return what ``/exchangeInfo`` lists, by ticker.

    Raises:
        ProtocolError: the body is no such answer.

    """
    try:
        info = _info(body)
    except _UNREADABLE as error:
        raise ProtocolError(f"the listing: {error}") from error
    return {one.symbol: Listed(one.status, _grid(one.filters)) for one in info.symbols}


def decode_days(body: bytes) -> dict[str, Day]:
    """Return the numbers of the day by ticker.

    Raises:
        ProtocolError: the body is no such answer.

    """
    try:
        return {day.symbol: day for day in _days(body)}
    except _UNREADABLE as error:
        raise ProtocolError(f"the numbers of the day: {error}") from error


def decode_refusal(body: bytes) -> tuple[int, str]:
    """Return code and text of a refusal; (0, "") when the body holds none."""
    try:
        found = _refusal(body)
    except _UNREADABLE:
        # The firewall's page, or nothing at all: the status says enough.
        return 0, ""
    return found.code, found.msg


def _grid(filters: Iterable[_Filter]) -> Grid:
    prices = next((one.tick for one in filters if one.kind == "PRICE_FILTER"), "")
    sizes = next((one.step for one in filters if one.kind == "LOT_SIZE"), "")
    return Grid(zeros_of(prices), zeros_of(sizes))


def zeros_of(step: str) -> str:
    """Return the zeros that end each number on a grid of this step.

    ``0.01000000`` gives six: of eight decimals two say something. All eight zeros are never
    taken, so that no point is left at the end of a number.
    """
    fraction = step.partition(".")[2].rstrip("0")
    if not step.strip("0."):
        return ""  # a step of zero means that there is no grid
    return "0" * (_DECIMALS - max(1, len(fraction)))
