"""The names of Binance's streams, and the addresses that name them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sim.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOME = "BINANCE"
TRADE, AGG_TRADE, BOOK = "trade", "aggTrade", "bookTicker"
MINI, DAY, AVERAGE = "miniTicker", "ticker", "avgPrice"
# What comes once a second, not when the market moves.
PERIODIC = (MINI, DAY, AVERAGE)
SIMULATED = frozenset({TRADE, AGG_TRADE, BOOK, *PERIODIC})
# Names that the exchange takes and that are silent here.
_KINDS = re.compile(
    r"trade|aggTrade|bookTicker|miniTicker|ticker|avgPrice|blockTrade|referencePrice"
    r"|ticker_(1h|4h|1d)|kline_\w{2,3}|depth(5|10|20)?(@100ms)?"
)
_NAME = re.compile(r"[^@\s/]{1,40}")


@dataclass(frozen=True, slots=True)
class Stream:
    """A well-formed stream. ``symbol`` is empty when nothing will ever come of it."""

    name: str
    kind: str
    symbol: str


def parse_stream(name: object) -> Stream | None:
    """Return the stream of a name, None when it is not well formed.

    The symbol may well not exist: such a stream is accepted and stays silent.
    """
    if not isinstance(name, str):
        return None
    ticker, at, kind = name.partition("@")
    if not at or not _NAME.fullmatch(ticker) or not _KINDS.fullmatch(kind):
        return None
    symbol = f"{HOME}:{ticker.upper()}"
    # Names are lower case; in capitals they are taken too, and silent.
    lively = ticker == ticker.lower() and symbol in INSTRUMENTS and kind in SIMULATED
    return Stream(name, kind, symbol if lively else "")


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a connection asks for."""

    streams: tuple[Stream, ...]
    combined: bool
    microseconds: bool


def parse_address(path: str, query: Mapping[str, str]) -> Address:
    """Return what ``/ws``, ``/ws/<stream>…`` or ``/stream?streams=…`` asks for.

    What is no stream is passed over: some clients number their connections, ``/ws/0``.
    """
    combined = path.strip("/").partition("/")[0] == "stream"
    names = query.get("streams", "") if combined else path.strip("/").partition("/")[2]
    unit = query.get("timeUnit", "").lower()
    return Address(streams_in(names.split("/")), combined, unit == "microsecond")


def streams_in(names: Iterable[object]) -> tuple[Stream, ...]:
    """Return the well-formed ones of some names."""
    return tuple(stream for name in names if (stream := parse_stream(name)) is not None)
