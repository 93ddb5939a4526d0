"""Routes of the pages: /symbols/, /chart/ and the index, with what can stand in their place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from cryptostream.errors import CryptoStreamError
from cryptostream.sim.fault_routes import refusal
from cryptostream.sim.faults import EVERYTHING, faults_from_query
from cryptostream.sim.instruments import INSTRUMENTS, Instrument, find
from cryptostream.sim.render import Visit, chart_page, index_page, symbol_page
from cryptostream.sim.templates import fill, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.feed import Feed
    from cryptostream.sim.quote import Quote
    from cryptostream.sim.settings import SimSettings

    Page = Callable[[Visit, SimSettings, Callable[[str], Quote]], str]


def _html(text: str, status: int = 200, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={"Cache-Control": "no-store", **named},
    )


def instead(faults: Mapping[str, Params]) -> web.Response | None:
    """Return what stands in the page's place, None when nothing does."""
    if "challenge" in faults:
        return _html(text_of("challenge.html"), 403)
    if "status_429" in faults:
        after = str(int(float(faults["status_429"]["retry_after"])))
        return _html(fill("busy.html", title="Too many requests"), 429, Retry_After=after)
    if "status_503" in faults:
        return _html(fill("busy.html", title="Service unavailable"), 503)
    if "not_found" in faults:
        return _html(text_of("error.html"), 404)
    return None


def page_instrument(name: str, exchange: str) -> Instrument | None:
    """Return the instrument of ``/symbols/<name>/``: BTCUSDT, or BINANCE-BTCUSDT."""
    prefix, dash, ticker = name.rpartition("-")
    return find(ticker, prefix) if dash else find(name, exchange)


class PageRoutes:
    """What a browser visits."""

    def __init__(self, settings: SimSettings, feed: Feed, board: FaultBoard) -> None:
        self._settings = settings
        self._feed = feed
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index),
            web.get("/symbols/{name}/", self.symbol),
            web.get("/symbols/{name}", self.symbol),
            web.get("/chart/", self.chart),
        ]

    async def index(self, _: web.Request) -> web.Response:
        return _html(index_page())

    async def symbol(self, request: web.Request) -> web.Response:
        name = request.match_info["name"].upper()
        found = page_instrument(name, request.query.get("exchange", "").upper())
        return await self._visit(request, found, symbol_page)

    async def chart(self, request: web.Request) -> web.Response:
        exchange, _, ticker = request.query.get("symbol", "BINANCE:BTCUSDT").rpartition(":")
        return await self._visit(request, find(ticker, exchange), chart_page)

    async def _visit(
        self, request: web.Request, found: Instrument | None, page: Page
    ) -> web.Response:
        symbol = found.symbol if found else EVERYTHING
        try:
            own = faults_from_query(request.query)
        except CryptoStreamError as error:
            return refusal(error)
        faults = {**own, **self._board.of(symbol)}
        if "slow_load" in faults:
            await asyncio.sleep(float(faults["slow_load"]["seconds"]))
        blocked = instead(faults)
        if blocked is not None:
            return blocked
        if found is None or found.symbol not in INSTRUMENTS:
            return _html(text_of("error.html"), 404)
        try:
            visit = Visit(found, request.host, request.query, faults)
            return _html(page(visit, self._settings, self._feed.shown))
        except CryptoStreamError as error:
            return refusal(error)
