"""The open tickers of one exchange: what comes in as values, what is said of it, in order.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.quotes import Quotes
from cryptostream.sources.ccxt.said import tick_of, trade_of
from cryptostream.sources.reporting import failed_report
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptostream.records import Method
    from cryptostream.sources.ccxt.convert import Print, Quote
    from cryptostream.sources.ccxt.said import Moment, Said

_RUNNING = frozenset({PageState.LIVE, PageState.QUIET})
_OK = (PageState.LIVE, "ok", "prices are coming in")


@dataclass(slots=True)
class Ticker:
    """One open symbol; ``market`` is ccxt's name of it, ``None`` until the markets are known."""

    symbol: str
    generation: int
    opened: float
    report: Report
    market: str | None = None
    moved: float = 0.0


class Tickers:
    """``quiet_after`` and ``first_within`` are in s; ``simulated`` marks all that is said."""

    def __init__(self, quiet_after: float, first_within: float) -> None:
        self.simulated = False
        self._quiet_after = quiet_after
        self._first_within = first_within
        self._open: dict[str, Ticker] = {}
        self._quotes: dict[str, Quotes] = {}
        self._trouble: SourceError | None = None

    # -- what there is ------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._open)

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return [ticker.report for ticker in self._open.values()]

    def unresolved(self) -> list[Ticker]:
        """Return the tickers whose market is not known yet."""
        return [ticker for ticker in self._open.values() if ticker.market is None]

    def markets(self) -> set[str]:
        """Return the markets that somebody wants."""
        return {ticker.market for ticker in self._open.values() if ticker.market is not None}

    def _of(self, market: str) -> list[Ticker]:
        return [ticker for ticker in self._open.values() if ticker.market == market]

    # -- opening and closing ------------------------------------------------------------

    def open(self, symbol: str, generation: int, at: Moment) -> Iterator[Said]:
        """Begin with a symbol, in place of an older generation of it."""
        report = Report(
            symbol=symbol,
            generation=generation,
            state=PageState.LOADING,
            code="loading",
            text="the exchange is being asked",
            ts=at.now_ns,
        )
        ticker = self._open[symbol] = Ticker(symbol, generation, at.now, report)
        yield report
        if self._trouble is not None:
            yield self._doubt(ticker, self._trouble, "", at)

    def resolve(self, ticker: Ticker, market: str, at: Moment) -> Iterator[Said]:
        """Say which market a ticker is; a price that holds now is said at once."""
        ticker.market, ticker.opened = market, at.now
        quotes = self._quotes.setdefault(market, Quotes())
        if quotes.fresh and self._trouble is None:
            yield from self._show(ticker, quotes.quote, "stream", at)

    def refuse(self, ticker: Ticker, error: SourceError, at: Moment) -> Report:
        """End a ticker that cannot be had."""
        self._open.pop(ticker.symbol, None)
        return failed_report(
            ticker.symbol, ticker.generation, error, at.now_ns, simulated=self.simulated
        )

    def refuse_market(self, market: str, error: SourceError, at: Moment) -> Iterator[Said]:
        """End all tickers of a market."""
        for ticker in self._of(market):
            yield self.refuse(ticker, error, at)

    def refuse_all(self, error: SourceError, at: Moment) -> Iterator[Said]:
        """End everything: the exchange itself cannot be had."""
        for ticker in list(self._open.values()):
            yield self.refuse(ticker, error, at)

    def close(self, symbol: str, generation: int, at: Moment) -> Iterator[Said]:
        """End a symbol if it has this generation; its market may still be heard."""
        ticker = self._open.get(symbol)
        if ticker is not None and ticker.generation == generation:
            del self._open[symbol]
            yield self._tell(ticker, PageState.CLOSED, "closed", "the ticker was closed", at)

    # -- values -------------------------------------------------------------------------

    def ticker(self, market: str, heard: Quote, method: Method, at: Moment) -> Iterator[Said]:
        """Take a ticker of a market."""
        yield from self._take(market, heard, method, at, book=False)

    def bid_ask(self, market: str, heard: Quote, at: Moment) -> Iterator[Said]:
        """Take the best bid and ask of a market."""
        yield from self._take(market, heard, "stream", at, book=True)

    def _take(
        self, market: str, heard: Quote, method: Method, at: Moment, *, book: bool
    ) -> Iterator[Said]:
        quotes = self._quotes.get(market)
        if quotes is None:
            return
        new = quotes.bid_ask(heard) if book else quotes.ticker(heard)
        for ticker in self._of(market):
            if quotes.fresh and (new or ticker.report.state not in _RUNNING):
                yield from self._show(ticker, quotes.quote, method, at)

    def trades(self, market: str, heard: Iterable[Print], at: Moment) -> Iterator[Said]:
        """Take trades of a market, oldest first."""
        quotes = self._quotes.get(market)
        if quotes is None:
            return
        before = quotes.quote.last
        fresh = quotes.trades(heard)
        for ticker in self._of(market) if fresh else ():
            yield from self._live(ticker, at)
            yield from (
                trade_of(ticker.symbol, trade, at, simulated=self.simulated) for trade in fresh
            )
            if quotes.quote.last != before:
                yield from self._show(ticker, quotes.quote, "stream", at)

    def without_value(self, markets: Iterable[str]) -> list[str]:
        """Return those of some wanted markets that have shown no price yet."""
        wanted = self.markets().intersection(markets)
        return [name for name in wanted if not self._quotes[name].fresh]

    # -- states -------------------------------------------------------------------------

    def failed(self, error: SourceError, next_try: str, at: Moment) -> Iterator[Said]:
        """Take a failure of the exchange: values stay, and are marked with the reason."""
        self._trouble = error
        for ticker in self._open.values():
            yield self._doubt(ticker, error, next_try, at)

    def untroubled(self, at: Moment) -> None:
        """Note a new beginning: nothing is known to be wrong, and the old values are old."""
        self._quotes = {name: self._quotes[name] for name in self.markets()}
        for quotes in self._quotes.values():
            quotes.interrupted()
        self._trouble = None
        for ticker in self._open.values():
            ticker.opened = at.now

    def look(self, at: Moment) -> Iterator[Said]:
        """Look at what has not moved for long: a quiet market, or one that shows no price."""
        for ticker in list(self._open.values()):
            silent, waited = at.now - ticker.moved, at.now - ticker.opened
            asked = ticker.market is not None and self._trouble is None
            state = ticker.report.state
            if state is PageState.LIVE and silent > self._quiet_after:
                text = f"no new price for {silent:.0f} s"
                yield self._tell(ticker, PageState.QUIET, "quiet", text, at)
            elif state not in _RUNNING and asked and waited > self._first_within:
                text = f"no price of {ticker.market} within {self._first_within:.0f} s"
                yield self.refuse(ticker, SourceError(text, code="no_price"), at)

    def _live(self, ticker: Ticker, at: Moment) -> Iterator[Said]:
        ticker.moved = at.now
        if ticker.report.state is not PageState.LIVE:
            yield self._tell(ticker, *_OK, at)

    def _show(self, ticker: Ticker, quote: Quote, method: Method, at: Moment) -> Iterator[Said]:
        yield from self._live(ticker, at)
        if quote.last is not None:
            yield tick_of(ticker.symbol, quote, quote.last, method, at, simulated=self.simulated)

    def _doubt(self, ticker: Ticker, error: SourceError, next_try: str, at: Moment) -> Report:
        text = f"{error.line()}; {next_try}" if next_try else error.line()
        return self._tell(ticker, PageState.STALE, error.code, text, at, error.retry_after)

    def _tell(
        self,
        ticker: Ticker,
        state: PageState,
        code: str,
        text: str,
        at: Moment,
        retry_after: float | None = None,
    ) -> Report:
        ticker.report = Report(
            symbol=ticker.symbol,
            generation=ticker.generation,
            state=state,
            code=code,
            text=text,
            ts=at.now_ns,
            retry_after=retry_after,
            simulated=self.simulated,
        )
        return ticker.report
