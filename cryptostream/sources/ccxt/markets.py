"""Which market of an exchange a ticker is: ETHEUR is ETH/EUR. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptostream.errors import SourceError
from cryptostream.symbols import nearest, split_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What exchanges and charts call an asset, and what ccxt calls it.
_OTHER_NAMES = {"XBT": "BTC", "XDG": "DOGE"}
_SEPARATORS = re.compile(r"[^A-Z0-9]")
_FAR = 0.3


@dataclass(frozen=True, slots=True)
class Listed:
    """A spot market: ccxt's symbol of it, and whether it is trading now."""

    market: str
    active: bool


def tickers_of(markets: object) -> dict[str, Listed]:
    """Return the spot markets of ccxt's table by ticker: base and quote without a separator.

    The exchange's own ids are there as well, where they are no other market's ticker. What is
    no table has no markets.
    """
    by_ticker: dict[str, Listed] = {}
    by_id: dict[str, Listed] = {}
    for market in _spot(markets):
        base, quote, symbol = market.get("base"), market.get("quote"), market.get("symbol")
        if not (base and quote and symbol):
            continue
        listed = Listed(str(symbol), market.get("active") is not False)
        by_ticker.setdefault(f"{base}{quote}".upper(), listed)
        by_id.setdefault(_SEPARATORS.sub("", str(market.get("id")).upper()), listed)
    return by_id | by_ticker


def _spot(markets: object) -> Iterable[Mapping[str, Any]]:
    for market in markets.values() if isinstance(markets, dict) else ():
        if isinstance(market, dict) and market.get("spot"):
            yield market


def market_of(symbol: str, tickers: Mapping[str, Listed]) -> str:
    """Return ccxt's symbol of the market that a canonical symbol names.

    Raises:
        SourceError: there is none (``unknown_symbol``), or it is not trading (``halted``).

    """
    exchange, ticker = split_symbol(symbol)
    listed = next((tickers[name] for name in _spellings(ticker) if name in tickers), None)
    if listed is None:
        raise _unknown(exchange, ticker, tickers)
    if not listed.active:
        raise SourceError(
            f"{exchange} lists {listed.market}, but it is not trading now", code="halted"
        )
    return listed.market


def _spellings(ticker: str) -> Iterable[str]:
    yield ticker
    for other, name in _OTHER_NAMES.items():
        if ticker.startswith(other):
            yield name + ticker.removeprefix(other)
        elif ticker.endswith(other):
            yield ticker.removesuffix(other) + name


def _unknown(exchange: str, ticker: str, tickers: Mapping[str, Listed]) -> SourceError:
    known = [f"{exchange}:{name}" for name in tickers]
    near = nearest(ticker, known) or nearest(ticker, known, cutoff=_FAR)
    return SourceError(
        f"{exchange} has no spot market {ticker}",
        code="unknown_symbol",
        hint=f"the nearest are {', '.join(near)}" if near else "",
        retriable=False,
    )
