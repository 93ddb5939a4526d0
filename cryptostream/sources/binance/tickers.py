"""The tickers that are open: who wants them as what, and what was reported of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.sources.binance.findings import Finding, Trouble, failure, finding
from cryptostream.sources.binance.quotes import Counts, Quotes
from cryptostream.symbols import split_symbol
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from cryptostream.config.binance import Binance
    from cryptostream.sources.base import Outlet

_ENDED = frozenset({PageState.FAILED, PageState.CLOSED})
_RUNNING = frozenset({PageState.LIVE, PageState.QUIET, PageState.SUSPECT})


@dataclass(slots=True)
class Ticker:
    """One ticker of the exchange; ``reports`` holds the last report of each of its symbols.

    ``opened_at`` is in s. ``probed``: its first value was asked for once more.
    """

    name: str
    quotes: Quotes
    opened_at: float
    was_live: bool = False
    probed: bool = False
    reports: dict[str, Report] = field(default_factory=dict)


class Tickers:
    """All open tickers; reports go to the outlet when something about them has changed."""

    def __init__(self, settings: Binance, outlet: Outlet, counts: Counts) -> None:
        self.simulated = False
        self._settings = settings
        self._outlet = outlet
        self._counts = counts
        self._tickers: dict[str, Ticker] = {}

    def get(self, name: str) -> Ticker | None:
        """Return an open ticker by the exchange's name."""
        return self._tickers.get(name)

    def all(self) -> list[Ticker]:
        """Return all open tickers."""
        return list(self._tickers.values())

    def reports(self) -> list[Report]:
        """Return the present state of every open symbol."""
        return [report for one in self._tickers.values() for report in one.reports.values()]

    # -- coming and going ---------------------------------------------------------------

    def open(self, symbol: str, generation: int, now: float, now_ns: int) -> Ticker:
        """Take a symbol in, in place of an older generation of it."""
        name = split_symbol(symbol)[1]
        ticker = self._tickers.get(name)
        if ticker is None:
            quotes = Quotes(name, self._counts, trades=self._settings.trades)
            ticker = self._tickers[name] = Ticker(name, quotes, now)
        if not ticker.was_live:
            ticker.opened_at, ticker.probed = now, False
        first = Finding(PageState.LOADING, "loading", "the streams are being subscribed")
        ticker.reports[symbol] = report = self._report(symbol, generation, first, now_ns)
        self._rename(ticker)
        self._outlet.report(report)
        return ticker

    def close(self, symbol: str, generation: int, now_ns: int) -> Ticker | None:
        """Let a symbol go; return its ticker if nobody wants that any more."""
        ticker = self._tickers.get(split_symbol(symbol)[1])
        report = ticker.reports.get(symbol) if ticker is not None else None
        if ticker is None or report is None or report.generation != generation:
            return None
        closed = Finding(PageState.CLOSED, "closed", "the streams were closed")
        self._outlet.report(self._report(symbol, generation, closed, now_ns))
        del ticker.reports[symbol]
        if ticker.reports:
            self._rename(ticker)
            return None
        return self._tickers.pop(ticker.name)

    def _rename(self, ticker: Ticker) -> None:
        ticker.quotes.symbol, *also = ticker.reports
        ticker.quotes.also = tuple(also)

    # -- how they are doing -------------------------------------------------------------

    def look(
        self,
        ticker: Ticker,
        *,
        carried: bool,
        trouble: Trouble | None,
        now: float,
        now_ns: int,
    ) -> bool:
        """Report how a ticker is doing if that has changed; return whether it is over."""
        found = finding(
            ticker.quotes,
            self._settings,
            carried=carried,
            was_live=ticker.was_live,
            waited=now - ticker.opened_at,
            trouble=trouble,
            now_ns=now_ns,
        )
        self._say(ticker, found, now_ns)
        return found.state is PageState.FAILED

    def fail(self, ticker: Ticker, trouble: Trouble, now_ns: int) -> None:
        """End a ticker."""
        self._say(ticker, failure(trouble), now_ns)

    def _say(self, ticker: Ticker, found: Finding, now_ns: int) -> None:
        ticker.quotes.settled = found.state is PageState.LIVE
        ticker.was_live = ticker.was_live or found.state in _RUNNING
        for symbol, last in ticker.reports.items():
            if (last.state, last.code) != (found.state, found.code):
                report = self._report(symbol, last.generation, found, now_ns)
                ticker.reports[symbol] = report
                self._outlet.report(report)
        if found.state in _ENDED:
            self._tickers.pop(ticker.name, None)

    def _report(self, symbol: str, generation: int, found: Finding, now_ns: int) -> Report:
        return Report(
            symbol=symbol,
            generation=generation,
            state=found.state,
            code=found.code,
            text=found.text,
            ts=now_ns,
            retriable=found.retriable,
            retry_after=found.retry_after,
            simulated=self.simulated,
        )
