"""The symbol grammar: ``EXCHANGE:TICKER``, for example ``BINANCE:BTCUSDT``.

``EXCHANGE:TICKER@source+source`` is the same ticker from these sources alone, in this order:
a stream of its own beside the plain one, whose sources the daemon's settings choose.

A symbol is carried as its canonical text everywhere (topics, records, maps); this module
turns what a person types into that text and takes it apart again.
"""

from __future__ import annotations

import difflib
import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cryptostream.errors import BadSymbol

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_EXCHANGE = "BINANCE"

# Tickers of TradingView and Binance: 2 to 20 capital letters and digits, perpetuals end in ".P".
_TICKER = re.compile(r"[A-Z0-9]{2,20}(\.P)?")
_EXCHANGE = re.compile(r"[A-Z][A-Z0-9_]{1,19}")
# One to four sources; more than a page, an exchange and two pollers nobody has.
_SOURCES = re.compile(r"[a-z][a-z0-9_]{1,31}(\+[a-z][a-z0-9_]{1,31}){0,3}")
# Enough of an absurd ticker to recognise it by in an error message.
_SHOWN = 40


def parse_symbol(text: object, default_exchange: str = DEFAULT_EXCHANGE) -> str:
    """Return the canonical symbol for what a person typed.

    ``btcusdt`` becomes ``BINANCE:BTCUSDT``; surrounding blanks are dropped.

    Raises:
        BadSymbol: the text is empty, absurd or not text at all.

    """
    if not isinstance(text, str) or not text.strip():
        raise BadSymbol("an empty or non-text ticker", hint="write it like BTCUSDT")
    cleaned = text.strip()
    name, at, sources = cleaned.partition("@")
    # Upper-casing first would turn some non-ASCII letters into ASCII ones.
    upper = name.upper() if name.isascii() else name
    exchange, colon, ticker = upper.rpartition(":")
    if not colon:
        exchange = default_exchange
    if not _EXCHANGE.fullmatch(exchange) or not _TICKER.fullmatch(ticker):
        raise BadSymbol(
            f"{_shown(cleaned)} is not a ticker",
            hint="write TICKER or EXCHANGE:TICKER, 2 to 20 letters or digits, like BTCUSDT",
        )
    if not at:
        return f"{exchange}:{ticker}"
    wanted = sources.lower() if sources.isascii() else sources
    names = wanted.split("+")
    if not _SOURCES.fullmatch(wanted) or len(set(names)) < len(names):
        raise BadSymbol(
            f"{_shown(cleaned)} names no sources",
            hint="write them behind the ticker, one to four: BTCUSDT@binance+coingecko",
        )
    return f"{exchange}:{ticker}@{wanted}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def is_ticker(text: str) -> bool:
    """Tell whether a text is the ticker of a canonical symbol."""
    return _TICKER.fullmatch(text) is not None


def split_symbol(symbol: str) -> tuple[str, str]:
    """Return (exchange, ticker) of a canonical symbol."""
    exchange, _, ticker = plain_symbol(symbol).partition(":")
    return exchange, ticker


def plain_symbol(symbol: str) -> str:
    """Return a canonical symbol without the sources that it may name."""
    return symbol.partition("@")[0]


def sources_of(symbol: str) -> tuple[str, ...]:
    """Return the sources that a canonical symbol names, in their order; none for most."""
    named = symbol.partition("@")[2]
    return tuple(named.split("+")) if named else ()


def nearest(symbol: str, known: Iterable[str], limit: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return up to ``limit`` known symbols that look most like ``symbol``, best first.

    ``cutoff`` is the least likeness from 0 to 1; 0.6 is difflib's own idea of "close".
    """
    names = {split_symbol(name)[1]: name for name in known}
    ticker = symbol.rpartition(":")[2]
    return [names[t] for t in difflib.get_close_matches(ticker, names, n=limit, cutoff=cutoff)]


class Listing(enum.StrEnum):
    """What the symbol directory knows of a symbol."""

    VALID = "valid"
    HALTED = "halted"  # it exists, but is not trading now
    INVALID = "invalid"
    UNKNOWN = "unknown"  # the check itself was not possible: go on, and say so


@dataclass(frozen=True, slots=True)
class Verdict:
    """The directory's answer for one symbol; ``suggestions`` are near names, best first.

    ``tick_size`` is the step of its prices and ``precision`` their decimals, where the exchange
    lists the symbol and says them.
    """

    listing: Listing
    text: str = ""
    suggestions: tuple[str, ...] = ()
    tick_size: str | None = None
    precision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An instrument as its exchange lists it, with what the listing itself is worth.

    ``status`` is the exchange's own word. ``tick_size`` is the step of prices in the quote
    asset, ``precision`` their decimals, ``lot_step`` the step of quantities in the base asset;
    ``None`` where the exchange does not say. ``name`` is the base asset's full name, empty when
    it is not known. ``state`` is ``fetched`` or ``from disk``, ``age`` that of the listing (s).
    """

    symbol: str
    base: str
    quote: str
    kind: str
    status: str
    trading: bool
    tick_size: str | None
    precision: int | None
    lot_step: str | None
    name: str
    state: str
    age: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; ``notes`` say what it could not look at, or how."""

    rows: tuple[Listed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Which sources a symbol may come from, the preferred one first.

    ``held`` says in words which further one would have another venue's price and is not
    used for that; ``why_none`` what to do when there is no source at all.
    """

    sources: tuple[str, ...]
    held: str = ""
    why_none: str = ""


class Directory(Protocol):
    """What answers early, without a browser, whether a symbol exists."""

    def check(self, symbol: str) -> Verdict:
        """Return what is known of a symbol, at once."""
        ...

    def search(self, text: str, limit: int) -> list[str]:
        """Return symbols that contain or resemble a text and are trading, best first."""
        ...

    def find(self, text: str, limit: int, exchange: str) -> Found:
        """Return instruments that contain or resemble a text; ``""`` means any exchange."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return for people where the listings came from and how old they are."""
        ...
