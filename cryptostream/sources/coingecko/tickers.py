"""The open tickers: answers, failures and time in; ticks and reports out, in their order.

Pure. Times are ns since the epoch. The last value stays: what is said of it changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.records import Tick
from cryptostream.sources.coingecko.coins import VENUE, Need, Price, unknown
from cryptostream.sources.reporting import failed_report
from cryptostream.symbols import split_symbol
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from cryptostream.errors import SourceError
    from cryptostream.sources.coingecko.answers import Quote

SOURCE = "coingecko"
NS = 1_000_000_000

Said = Tick | Report


@dataclass(frozen=True, slots=True)
class Known:
    """What CoinGecko last said of a price, and when it was heard."""

    quote: Quote
    heard: int
    simulated: bool


@dataclass(slots=True)
class Ticker:
    """One open symbol. ``price`` is ``None`` until its coin is known."""

    symbol: str
    generation: int
    need: Need
    price: Price | None
    report: Report
    known: Known | None = None
    moved: int = 0  # when the value last changed, by CoinGecko's clock where it says
    trouble: bool = False  # the last answer had no value, or there was none


class Tickers:
    """``stale_after`` and ``period`` are in s."""

    def __init__(self, stale_after: float, period: float) -> None:
        self._stale_after = int(stale_after * NS)
        self._period = int(period * NS)
        self._open: dict[str, Ticker] = {}
        self._known: dict[Price, Known] = {}
        self._trouble: SourceError | None = None
        self._simulated = False

    # -- what there is ------------------------------------------------------------------

    def prices(self) -> set[Price]:
        """Return what has to be asked for."""
        return {ticker.price for ticker in self._open.values() if ticker.price is not None}

    def unresolved(self) -> list[Ticker]:
        """Return the tickers whose coin is not known yet."""
        return [ticker for ticker in self._open.values() if ticker.price is None]

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return [ticker.report for ticker in self._open.values()]

    # -- opening and closing ------------------------------------------------------------

    def open(
        self, symbol: str, generation: int, need: Need, price: Price | None, now: int
    ) -> Iterator[Said]:
        """Begin with a symbol, in place of an older generation of it."""
        report = Report(
            symbol=symbol,
            generation=generation,
            state=PageState.LOADING,
            code="loading",
            text="waiting for the next poll",
            ts=now,
        )
        ticker = self._open[symbol] = Ticker(symbol, generation, need, price, report)
        yield report
        yield from self._serve(ticker, now)

    def resolve(self, ticker: Ticker, price: Price, now: int) -> Iterator[Said]:
        """Say which price an open ticker stands for."""
        ticker.price = price
        yield from self._serve(ticker, now)

    def _serve(self, ticker: Ticker, now: int) -> Iterator[Said]:
        """Give a new ticker what is known already."""
        known = self._known.get(ticker.price) if ticker.price is not None else None
        if self._trouble is not None:
            yield self._tell(ticker, PageState.STALE, self._trouble.code, self._trouble.line(), now)
            ticker.trouble = True
        elif known is not None and now - known.heard <= self._period:
            yield from self._take(ticker, known, now)

    def refuse(self, ticker: Ticker, error: SourceError, now: int) -> Report:
        """End a ticker that cannot be had."""
        self._open.pop(ticker.symbol, None)
        return failed_report(
            ticker.symbol, ticker.generation, error, now, simulated=self._simulated
        )

    def close(self, symbol: str, generation: int, now: int) -> Iterator[Said]:
        """End a symbol if it has this generation."""
        ticker = self._open.get(symbol)
        if ticker is not None and ticker.generation == generation:
            del self._open[symbol]
            for price in self._known.keys() - self.prices():
                del self._known[price]
            yield self._tell(ticker, PageState.CLOSED, "closed", "the ticker was closed", now)

    # -- events -------------------------------------------------------------------------

    def answered(
        self,
        coins: tuple[str, ...],
        quotes: Mapping[Price, Quote],
        now: int,
        *,
        simulated: bool,
    ) -> Iterator[Said]:
        """Take the answer to a question after ``coins``."""
        self._trouble = None
        self._simulated = simulated
        for price in quotes.keys() & self.prices():
            self._known[price] = Known(quotes[price], now, simulated)
        present = {price.coin for price in quotes}
        for ticker in list(self._open.values()):
            if ticker.price is None or ticker.price.coin not in coins:
                continue
            if ticker.price in quotes:
                yield from self._take(ticker, self._known[ticker.price], now)
            elif ticker.price.coin not in present:
                error = unknown(f"CoinGecko knows no coin with the id {ticker.price.coin}")
                yield self.refuse(ticker, error, now)

    def failed(self, error: SourceError, pause: float, now: int) -> Iterator[Said]:
        """Take a call that failed; the next one comes after ``pause`` s. Values stay."""
        self._trouble = error
        for ticker in self._open.values():
            ticker.trouble = True
            text = f"{error.line()}; the next try is in {pause:.0f} s"
            yield self._tell(ticker, PageState.STALE, error.code, text, now, error.retry_after)

    def clock(self, now: int) -> Iterator[Said]:
        """Look at the age of all values."""
        for ticker in self._open.values():
            if ticker.known is not None and not ticker.trouble:
                yield from self._judge(ticker, now)

    # -- rules --------------------------------------------------------------------------

    def _take(self, ticker: Ticker, known: Known, now: int) -> Iterator[Said]:
        before, quote = ticker.known, known.quote
        if quote.last is None:
            ticker.trouble = True
            text = "CoinGecko has no price of this coin now"
            yield self._tell(ticker, PageState.STALE, "no_value", text, now)
            return
        moved = before is None or (before.quote.last, before.quote.updated) != (
            quote.last,
            quote.updated,
        )
        if moved:
            ticker.moved = quote.updated * NS if quote.updated is not None else known.heard
        shown, ticker.trouble, ticker.known = not ticker.trouble and not moved, False, known
        yield from self._judge(ticker, now)
        if not shown:
            yield _tick(ticker, known, quote.last)

    def _judge(self, ticker: Ticker, now: int) -> Iterator[Said]:
        """Report what the age of the value says, if it says something new."""
        age = max(0, now - ticker.moved)
        state, code, text = PageState.LIVE, "ok", "prices are coming in"
        if age > self._stale_after:
            state, code = PageState.STALE, "old_value"
            text = f"CoinGecko itself last updated the price {age // NS} s ago"
        elif age > self._stale_after // 2:
            state, code = PageState.QUIET, "quiet"
            text = f"CoinGecko last updated the price {age // NS} s ago"
        if (state, code) != (ticker.report.state, ticker.report.code):
            yield self._tell(ticker, state, code, text, now)

    def _tell(
        self,
        ticker: Ticker,
        state: PageState,
        code: str,
        text: str,
        now: int,
        retry_after: float | None = None,
    ) -> Report:
        ticker.report = Report(
            symbol=ticker.symbol,
            generation=ticker.generation,
            state=state,
            code=code,
            text=text,
            ts=now,
            retry_after=retry_after,
            simulated=self._simulated,
        )
        return ticker.report


def _tick(ticker: Ticker, known: Known, last: Decimal) -> Tick:
    quote = known.quote
    return Tick(
        symbol=ticker.symbol,
        source=SOURCE,
        method="poll",
        last=last,
        change_percent=quote.change_percent,
        ts_observed=known.heard,
        ts_source=quote.updated * NS if quote.updated is not None else None,
        simulated=known.simulated,
        venue=None if split_symbol(ticker.symbol)[0] == VENUE else VENUE,
        currency=ticker.need.label,
        timeliness="snapshot",
    )
