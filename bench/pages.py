"""A Chromium of the benchmark's own, found and started as the daemon does it."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from bench.machine import browser
from bench.stats import Change
from cryptostream.sources.tradingview.chromium import (
    Display,
    launch_command,
    runs_in_container,
    sandbox_allowed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """Start the browser that the daemon would start, without a window."""
    sandbox = sandbox_allowed("auto", os.geteuid(), in_container=runs_in_container())
    display = Display(headless=True, why="a benchmark")
    path, *switches = launch_command(browser(), display, sandbox, extra_args=arguments)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=path,
            headless=True,
            chromium_sandbox=sandbox.allowed,
            # Playwright brings the pipe itself.
            args=[switch for switch in switches if switch != "--remote-debugging-pipe"],
        )
        try:
            yield started
        finally:
            await started.close()


async def paints_of(page: Page) -> list[Change]:
    """Return what a page painted, by its own clock."""
    log: list[tuple[str, float]] = await page.evaluate("window.__paintlog || []")
    return [Change(text, int(at * 1e6)) for text, at in log]
