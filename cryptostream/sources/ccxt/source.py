"""The source ``ccxt``: one actor for each exchange that somebody wants."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.names import ids_by_exchange
from cryptostream.sources.ccxt.said import SOURCE, moment
from cryptostream.sources.ccxt.venue import Venue
from cryptostream.sources.reporting import failed_report
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from cryptostream.config.ccxt import Ccxt
    from cryptostream.sources.base import Outlet
    from cryptostream.wire.hop import Report


class CcxtSource:
    """Runs in the loop of the feeds process."""

    name = SOURCE

    def __init__(self, settings: Ccxt, outlet: Outlet) -> None:
        self._settings = settings
        self._outlet = outlet
        self._ids = ids_by_exchange(settings.exchanges)
        self._venues: dict[str, Venue] = {}
        self._new: asyncio.Queue[tuple[str, Venue]] = asyncio.Queue(maxsize=len(self._ids))

    async def open(self, symbol: str, generation: int) -> None:
        """Begin to deliver a symbol, in place of an older generation of it."""
        exchange, ticker = split_symbol(symbol)
        ccxt_id = self._ids.get(exchange)
        if ccxt_id is None or "." in ticker:
            error = SourceError(
                f"no spot market of ccxt is meant by {symbol}",
                code="unknown_symbol",
                hint="sources.ccxt.exchanges lists the exchanges that are reached through it",
                retriable=False,
            )
            report = failed_report(symbol, generation, error, moment().now_ns)
            self._outlet.report(report)
            return
        self._venue(ccxt_id).open(symbol, generation)

    def _venue(self, ccxt_id: str) -> Venue:
        venue = self._venues.get(ccxt_id)
        if venue is None:
            venue = self._venues[ccxt_id] = Venue(ccxt_id, self._settings, self._outlet)
            # There is room for every exchange of the settings once.
            self._new.put_nowait((ccxt_id, venue))
        return venue

    async def close(self, symbol: str, generation: int) -> None:
        """End a symbol if it still has this generation."""
        venue = self._venues.get(self._ids.get(split_symbol(symbol)[0], ""))
        if venue is not None:
            venue.close(symbol, generation)

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return [report for venue in self._venues.values() for report in venue.reports()]

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        venues = self._venues.values()
        return {
            "exchanges": len(venues),
            "tickers": sum(map(len, venues)),
            "connected": sum(venue.connected for venue in venues),
            "connections": sum(venue.connections for venue in venues),
            "failed": sum(venue.failed for venue in venues),
            "why": "; ".join(venue.why for venue in venues if venue.why),
        }

    async def run(self) -> None:
        """Hold the connections until cancelled, and close all of them then."""
        async with asyncio.TaskGroup() as group:
            while True:
                ccxt_id, venue = await self._new.get()
                group.create_task(venue.run(), name=f"ccxt {ccxt_id}")
