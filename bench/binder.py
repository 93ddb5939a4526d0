"""Two ways out of a page, side by side: the CDP binding, and Playwright's ``expose_binding``.

``python -m bench.binder``, asked through :mod:`bench.helper`. Both run our observer on the same
page under the same diet; only what carries its words differs.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from bench.helper import serve
from bench.pages import chromium, paints_of
from bench.stats import Change, deliver, percentile
from cryptostream.config.settings import TradingView
from cryptostream.sources.tradingview.scripts import BINDING, diet_script, observer_script

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

# Until a page is at its pace (s).
_SETTLE = 0.7
_SETTINGS = TradingView()


class Binder:
    """Opens one page at a time and notes when its words arrive."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._arrived: list[Change] = []

    def _take(self, payload: str) -> None:
        word = json.loads(payload)
        if word[0] == "v":
            self._arrived.append(Change(word[1], time.time_ns()))

    async def measure(self, way: str, address: str, symbol: str, seconds: float) -> dict[str, Any]:
        """Open a page that paints at a rate; return that rate, what arrived and its latency."""
        context = await self._browser.new_context(viewport={"width": 1024, "height": 640})
        try:
            page = await self._open(context, way, symbol)
            await page.goto(address, wait_until="commit")
            await asyncio.sleep(_SETTLE)
            start = time.time_ns()
            await asyncio.sleep(seconds)
            end = time.time_ns()
            await asyncio.sleep(0.2)
            arrived = list(self._arrived)
            painted = await paints_of(page)
        finally:
            await context.close()
            self._arrived.clear()
        found = deliver(painted, arrived, start, end)
        p50 = percentile(found.latencies, 50) if found.latencies else 1e9
        return {"rate": found.changes * 1e9 / (end - start), "share": found.share, "p50": p50}

    async def _open(self, context: BrowserContext, way: str, symbol: str) -> Page:
        await context.add_init_script(diet_script(_SETTINGS))
        page = await context.new_page()
        if way == "expose_binding":
            await page.expose_binding(BINDING, lambda _source, payload: self._take(payload))
        else:
            cdp = await context.new_cdp_session(page)
            cdp.on("Runtime.bindingCalled", self._on_binding)
            await cdp.send("Runtime.enable")
            await cdp.send("Runtime.addBinding", {"name": BINDING})
        await page.add_init_script(observer_script(symbol, _SETTINGS))
        return page

    def _on_binding(self, event: dict[str, Any]) -> None:
        if event.get("name") == BINDING:
            self._take(event["payload"])


async def main() -> None:
    """Serve until stdin ends."""
    async with chromium() as browser:
        binder = Binder(browser)
        await serve({"measure": binder.measure})


if __name__ == "__main__":
    asyncio.run(main())
