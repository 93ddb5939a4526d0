"""What is new in ccxt's answers and caches.

A watch returns one value, but several may have come since the last one: an update that ends
no wait is only in the cache. So each time something comes, the caches are looked through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptostream.sources.ccxt.convert import print_of, quote_of
from cryptostream.sources.ccxt.methods import What
from cryptostream.sources.ccxt.said import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cryptostream.records import Method as Way
    from cryptostream.sources.ccxt.methods import Method
    from cryptostream.sources.ccxt.said import Said
    from cryptostream.sources.ccxt.tickers import Tickers


def by_market(result: object) -> dict[str, list[dict[str, Any]]]:
    """Return what a method returned by market: one value, a list or a mapping of them."""
    if isinstance(result, dict) and not isinstance(result.get("symbol"), str):
        values: Iterable[object] = result.values()
    else:
        values = result if isinstance(result, list) else (result,)
    found: dict[str, list[dict[str, Any]]] = {}
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("symbol"), str):
            found.setdefault(value["symbol"], []).append(value)
    return found


class Intake:
    """Remembers by identity what was taken: ccxt makes a new dictionary for each update."""

    def __init__(self) -> None:
        self._taken: dict[str, object] = {}

    def tickers(
        self, markets: Iterable[str], result: object, cache: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the newest ticker of each market that has a new one."""
        returned = by_market(result)
        for market in markets:
            newest = (cache or {}).get(market) or returned.get(market, [None])[-1]
            if isinstance(newest, dict) and newest is not self._taken.get(market):
                self._taken[market] = newest
                yield market, newest

    def trades(
        self, markets: Iterable[str], result: object, cache: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the new trades of each market that has some, oldest first."""
        returned = by_market(result)
        for market in markets:
            kept = (cache or {}).get(market)
            fresh = self._after(market, kept) if kept is not None else returned.get(market, [])
            if fresh:
                self._taken[market] = fresh[-1]
                yield market, fresh

    def _after(self, market: str, kept: Iterable[Any]) -> list[dict[str, Any]]:
        """Return what stands in a cache behind the last trade that was taken."""
        last, fresh = self._taken.get(market), []
        for trade in reversed(kept):  # type: ignore[call-overload]
            if trade is last:
                break
            if isinstance(trade, dict):
                fresh.append(trade)
        return fresh[::-1]


def heard(
    exchange: Any,  # noqa: ANN401
    method: Method,
    markets: tuple[str, ...],
    result: object,
    intake: Intake,
    tickers: Tickers,
) -> Iterator[Said]:
    """Hand on to the tickers what a method returned and what the exchange's caches hold."""
    at = moment()
    match method.what:
        case What.TRADES:
            for market, trades in intake.trades(markets, result, exchange.trades):
                prints = [one for one in map(print_of, trades) if one is not None]
                yield from tickers.trades(market, prints, at)
        case What.BIDS_ASKS:
            for market, raw in intake.tickers(markets, result, exchange.bidsasks):
                yield from tickers.bid_ask(market, quote_of(raw), at)
        case What.TICKERS:
            # What is polled is not in the cache.
            cache = exchange.tickers if method.streams else None
            for market, raw in intake.tickers(markets, result, cache):
                how: Way = "stream" if method.streams else "poll"
                yield from tickers.ticker(market, quote_of(raw), how, at)
