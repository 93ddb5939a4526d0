"""Two ways out of a page, side by side: the product's own, and Playwright's ``expose_binding``.

``python -m bench.binder``, asked through :mod:`bench.helper`. Both run our observer on the same
page under the same diet; only what carries its words differs: a CDP binding over the browser's
own pipe, or Playwright with its driver process.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.helper import serve
from bench.machine import browser
from bench.pages import chromium, paints_of
from bench.stats import Change, deliver, percentile
from cryptostream.config.tradingview import TradingView
from cryptostream.sources.tradingview.chrome import Chrome
from cryptostream.sources.tradingview.chromium import (
    Display,
    launch_command,
    runs_in_container,
    sandbox_allowed,
)
from cryptostream.sources.tradingview.engine import Context as Made
from cryptostream.sources.tradingview.scripts import BINDING, diet_script, observer_script
from cryptostream.sources.tradingview.tab import Tab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Browser

    from cryptostream.sources.tradingview.cdp import Connection

    Paints = Callable[[], Awaitable[list[Change]]]

# Until a page is at its pace (s).
_SETTLE = 0.7
# A browser that takes longer to start or to answer is no side of a comparison (s).
_WITHIN = 20.0
_SETTINGS = TradingView()


class Binder:
    """Opens one page at a time and notes when its words arrive."""

    def __init__(self, browser: Browser, connection: Connection) -> None:
        self._browser = browser
        self._connection = connection
        self._arrived: list[Change] = []

    def _take(self, payload: str) -> None:
        word = json.loads(payload)
        if word[0] == "v":
            self._arrived.append(Change(word[1], time.time_ns()))

    async def measure(self, way: str, address: str, symbol: str, seconds: float) -> dict[str, Any]:
        """Open a page that paints at a rate; return that rate, what arrived and its latency."""
        opened = self._exposed if way == "expose_binding" else self._bound
        async with opened(address, symbol) as painted_so_far:
            await asyncio.sleep(_SETTLE)
            start = time.time_ns()
            await asyncio.sleep(seconds)
            end = time.time_ns()
            await asyncio.sleep(0.2)
            arrived = list(self._arrived)
            painted = await painted_so_far()
        self._arrived.clear()
        found = deliver(painted, arrived, start, end)
        p50 = percentile(found.latencies, 50) if found.latencies else 1e9
        return {"rate": found.changes * 1e9 / (end - start), "share": found.share, "p50": p50}

    @asynccontextmanager
    async def _exposed(self, address: str, symbol: str) -> AsyncIterator[Paints]:
        context = await self._browser.new_context(viewport={"width": 1024, "height": 640})
        try:
            await context.add_init_script(diet_script(_SETTINGS))
            page = await context.new_page()
            await page.expose_binding(BINDING, lambda _source, payload: self._take(payload))
            await page.add_init_script(observer_script(symbol, _SETTINGS))
            await page.goto(address, wait_until="commit")
            yield partial(paints_of, page)
        finally:
            await context.close()

    @asynccontextmanager
    async def _bound(self, address: str, symbol: str) -> AsyncIterator[Paints]:
        made = await self._connection.ask(Made, "Target.createBrowserContext")
        tab = Tab(self._connection, made.context_id, lambda _code, _text: None)
        try:
            await tab.open(locale="en-US", timezone="UTC")
            tab.on_binding(BINDING, self._take)
            scripts = (diet_script(_SETTINGS), observer_script(symbol, _SETTINGS))
            await tab.prepare(BINDING, scripts, [])
            await tab.navigate(address, symbol, _WITHIN)
            yield partial(self._painted, tab)
        finally:
            await tab.close()

    async def _painted(self, tab: Tab) -> list[Change]:
        found = await tab.evaluate("window.__paintlog || []")
        return [Change(text, int(at * 1e6)) for text, at in found]


async def main() -> None:
    """Serve until stdin ends."""
    sandbox = sandbox_allowed("auto", os.geteuid(), in_container=runs_in_container())
    display = Display(headless=True, why="a benchmark")
    with tempfile.TemporaryDirectory() as place:
        chrome = Chrome(Path(place) / "profile")
        try:
            await chrome.start(launch_command(browser(), display, sandbox), _WITHIN)
            async with chromium() as playwrights:
                binder = Binder(playwrights, chrome.connection)
                await serve({"measure": binder.measure})
        finally:
            await chrome.stop()


if __name__ == "__main__":
    asyncio.run(main())
