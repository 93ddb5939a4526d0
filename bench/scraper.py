"""The usual scraper: asks the page for its price every 10 ms with Playwright.

``python -m bench.scraper``, asked through :mod:`bench.helper`. It opens pages as such programs
do, without any diet.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from bench.helper import serve
from bench.pages import chromium, paints_of
from bench.stats import Change, deliver

if TYPE_CHECKING:
    from playwright.async_api import Page

PERIOD = 0.01
_PRICE = ".js-symbol-page-header-root .js-symbol-header-ticker:not(.i-hidden) .js-symbol-last"
_READ = f"document.querySelector('{_PRICE}').textContent"


class Scraper:
    """Has at most one page open, and a browser only while it has one: it must not be in the way
    of the other side's turn.
    """

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._page: Page | None = None

    async def open(self, address: str) -> None:
        """Open a page and wait for its first price."""
        browser = await self._stack.enter_async_context(chromium())
        self._page = await browser.new_page(viewport={"width": 1024, "height": 640})
        await self._page.goto(address)
        await self._page.wait_for_function(f"{_READ} !== ''")

    async def watch(self, seconds: float) -> dict[str, Any]:
        """Poll for so many seconds; return changes, latencies in ms and the number of polls."""
        page = self._page
        if page is None:
            raise LookupError("no page is open")
        seen: list[Change] = []
        loop = asyncio.get_running_loop()
        start, due, polls = time.time_ns(), loop.time(), 0
        end = start + int(seconds * 1e9)
        # A little longer than the window: what changed at its end must have its chance.
        while time.time_ns() < end + 100_000_000:
            text = await page.evaluate(_READ)
            polls += 1
            if not seen or text != seen[-1].text:
                seen.append(Change(text, time.time_ns()))
            due = max(due + PERIOD, loop.time())
            await asyncio.sleep(due - loop.time())
        found = deliver(await paints_of(page), seen, start, end)
        return {"changes": found.changes, "latencies": found.latencies, "polls": polls}

    async def close(self) -> None:
        """Close the page and its browser."""
        self._page = None
        await self._stack.aclose()


async def main() -> None:
    """Serve until stdin ends."""
    scraper = Scraper()
    await serve({name: getattr(scraper, name) for name in ("open", "watch", "close")})


if __name__ == "__main__":
    asyncio.run(main())
