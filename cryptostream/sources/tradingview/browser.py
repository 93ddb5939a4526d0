"""The browser process: owns one Chromium and supervises one page actor per ticker."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loguru import logger
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from cryptostream.errors import SourceError, StartError
from cryptostream.sources.base import Capabilities, UsePolicy
from cryptostream.sources.tradingview.chromium import (
    choose_display,
    find_browser,
    launch_options,
    playwright_executable,
    runs_in_container,
    sandbox_allowed,
)
from cryptostream.sources.tradingview.page import PageActor
from cryptostream.sources.tradingview.scripts import diet_script
from cryptostream.sources.tradingview.watch import SOURCE
from cryptostream.sources.worker import Worker
from supervisors.errors import StartFailed
from supervisors.spec import ChildSpec, Intensity, Kind, Restart, Shutdown, SupervisorSpec
from supervisors.supervisor import Supervisor

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Outlet
    from cryptostream.wire.hop import Report
    from supervisors.child import Child

POLICY = UsePolicy(
    automated=False,
    redistribution=False,
    needs_key=False,
    terms="TradingView's terms forbid automated collection; for display to yourself, at your "
    "own decision.",
)


class BrowserSource:
    """Runs tickers as pages of one browser; a :class:`~cryptostream.sources.base.Source`."""

    name = SOURCE
    capabilities = Capabilities(trades=False, bid_ask=True, history=False)
    policy = POLICY

    def __init__(self, config: Config, context: BrowserContext, outlet: Outlet) -> None:
        self._settings = config.sources.tradingview
        self._context = context
        self._outlet = outlet
        self._opening = asyncio.Semaphore(config.reconciler.max_opening)
        self._pages: dict[str, PageActor] = {}
        self._supervisor = Supervisor(
            SupervisorSpec(
                name="pages",
                children=(),
                # A page that fails is reported and over: the router decides what comes next.
                intensity=Intensity(restarts=1_000_000, within=1.0),
            )
        )

    async def start(self) -> None:
        """Begin to supervise pages."""
        await self._supervisor.start()

    async def stop(self) -> None:
        """Close all pages."""
        await self._supervisor.stop("the browser ends")

    async def open(self, symbol: str, generation: int) -> None:
        """Open the page of a symbol, in place of an older one."""
        former = self._pages.get(symbol)
        if former is not None and former.generation >= generation:
            return
        if former is not None:
            await self._end(former)
        page = PageActor(
            symbol, generation, self._context, self._settings, self._outlet, self._opening
        )
        self._pages[symbol] = page
        spec = ChildSpec(
            name=_child_name(page),
            kind=Kind.TASK,
            target=page.run,
            restart=Restart.TEMPORARY,
            heartbeat=None,
            shutdown=Shutdown(ask=3.0, terminate=1.0, kill=1.0),
        )
        try:
            await self._supervisor.start_child(spec)
        except StartFailed as error:
            logger.debug("{} failed at once: {}", symbol, error)

    async def close(self, symbol: str, generation: int) -> None:
        """Close the page of a symbol if it still has this generation."""
        page = self._pages.get(symbol)
        if page is not None and page.generation == generation:
            await self._end(page)

    async def _end(self, page: PageActor) -> None:
        if self._pages.get(page.symbol) is page:
            del self._pages[page.symbol]
        if any(child.name.endswith(_child_name(page)) for child in self._supervisor.children()):
            await self._supervisor.stop_child(_child_name(page))

    def reports(self) -> list[Report]:
        """Return the present state of all pages."""
        return [page.report for page in self._pages.values()]

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        pages = self._pages.values()
        return {
            "pages": len(self._pages),
            "readings": sum(page.watch.readings for page in pages),
            "unreadable": sum(page.watch.judge.unreadable for page in pages),
            "implausible": sum(page.watch.judge.implausible for page in pages),
        }


def _child_name(page: PageActor) -> str:
    return f"{page.symbol.replace(':', '-')}-{page.generation}"


async def main(child: Child, config: Config) -> None:
    """Run one browser as a supervised child until asked to stop.

    Raises:
        StartError: no browser, no display, or the browser does not start.
        SourceError: the browser is gone.

    """
    name = child.name.rpartition("/")[2]
    worker = Worker(name, config.browsers.pages, config.ipc("ingest"), config.ipc("workers"))
    try:
        async with async_playwright() as playwright:
            browser = await _launch(playwright, config)
            await _serve(child, config, browser, worker)
    finally:
        worker.close()


async def _serve(child: Child, config: Config, browser: Browser, worker: Worker) -> None:
    context = await _context(browser, config)
    gone = asyncio.Event()
    browser.on("disconnected", lambda _browser: gone.set())
    source = BrowserSource(config, context, worker)
    await source.start()
    ended = asyncio.Event()
    serving = asyncio.create_task(worker.run(source, ended))
    waits = [asyncio.create_task(event.wait()) for event in (child.stopping, gone)]
    confirmed = asyncio.create_task(worker.confirmed.wait())
    try:
        await asyncio.wait([serving, confirmed, *waits], return_when=asyncio.FIRST_COMPLETED)
        child.ready()
        await asyncio.wait([serving, *waits], return_when=asyncio.FIRST_COMPLETED)
        reason = "the browser is gone" if gone.is_set() else "it was stopped"
        worker.goodbye(reason)
        if gone.is_set():
            raise SourceError("the browser is gone", code="browser_gone")
        if serving.done():
            serving.result()
        await source.stop()
        await browser.close()
    finally:
        ended.set()
        for task in (confirmed, *waits):
            task.cancel()
        await asyncio.gather(serving, confirmed, *waits, return_exceptions=True)


async def _launch(playwright: Playwright, config: Config) -> Browser:
    settings = config.browsers
    found = find_browser(
        settings.path,
        exists=Path.exists,
        which=shutil.which,
        playwright_path=playwright_executable(),
    )
    display = choose_display(settings.headless, os.environ, shutil.which)
    sandbox = sandbox_allowed(settings.sandbox, os.geteuid(), in_container=runs_in_container())
    logger.info("browser: {}; display: {}; sandbox: {}", found.why, display.why, sandbox.why)
    options: dict[str, Any] = launch_options(
        found,
        display,
        sandbox,
        extra_args=(*_diet_args(config), *settings.extra_args),
        timeout=settings.launch_timeout,
    )
    try:
        return await playwright.chromium.launch(**options)
    except PlaywrightError as error:
        lines = [line for line in error.message.splitlines() if line.strip()]
        raise StartError(
            f"the browser did not start: {lines[0] if lines else 'no reason given'}",
            code="browser_start",
            hint="see 'cryptostream doctor'",
        ) from error


def _diet_args(config: Config) -> list[str]:
    settings = config.sources.tradingview
    args = []
    if settings.block_images:
        args.append("--blink-settings=imagesEnabled=false")
    if settings.block_fonts:
        args.append("--disable-remote-fonts")
    return args


async def _context(browser: Browser, config: Config) -> BrowserContext:
    settings = config.sources.tradingview
    context = await browser.new_context(
        locale="en-US",
        timezone_id=settings.timezone,
        viewport={"width": 1024, "height": 640},
        accept_downloads=False,
    )
    await context.add_init_script(diet_script(settings))
    host = urlsplit(settings.base_url).hostname or ""
    if settings.cookie_preset and host.endswith("tradingview.com"):
        # Declines, so that no notice has to be clicked; set before the first navigation.
        values = {
            "cookiePrivacyPreferenceBannerProduction": "notApplicable",
            "cookiesSettings": '{"analytics":false,"advertising":false}',
        }
        await context.add_cookies(
            [
                {"name": name, "value": value, "domain": ".tradingview.com", "path": "/"}
                for name, value in values.items()
            ]
        )
    return context
