"""The browser process: owns one Chromium and supervises one page actor per ticker."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from loguru import logger

from cryptostream.errors import SourceError
from cryptostream.sources.tradingview.chrome import Chrome
from cryptostream.sources.tradingview.chromium import (
    choose_display,
    find_browser,
    launch_command,
    playwright_executable,
    runs_in_container,
    sandbox_allowed,
)
from cryptostream.sources.tradingview.page import PageActor
from cryptostream.sources.tradingview.scripts import load_scripts
from cryptostream.sources.tradingview.watch import SOURCE
from cryptostream.sources.worker import Worker
from supervisors.errors import StartFailed
from supervisors.spec import ChildSpec, Intensity, Kind, Restart, Shutdown, SupervisorSpec
from supervisors.supervisor import Supervisor

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.tradingview.cdp import Connection
    from cryptostream.wire.hop import Report
    from supervisors.child import Child


class BrowserSource:
    """Runs tickers as pages of one browser; a :class:`~cryptostream.sources.base.Source`."""

    name = SOURCE

    def __init__(
        self, config: Config, connection: Connection, context: str, outlet: Outlet
    ) -> None:
        self._settings = config.sources.tradingview
        self._connection = connection
        connection.before_pass = outlet.hold
        connection.after_pass = outlet.flush
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
            symbol,
            generation,
            self._connection,
            self._context,
            self._settings,
            self._outlet,
            self._opening,
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
    place = config.socket_path("workers")
    opening = config.reconciler.max_opening
    worker = Worker(name, config.browsers.pages, place, opening=opening)
    chrome = Chrome(config.runtime_path() / f"{config.instance}-{name}-profile")
    try:
        await asyncio.to_thread(load_scripts)
        command = await asyncio.to_thread(command_of, config)
        await chrome.start(command, config.browsers.launch_timeout)
        await _serve(child, config, chrome.connection, worker)
    finally:
        await chrome.stop()
        await worker.close()


async def _serve(child: Child, config: Config, connection: Connection, worker: Worker) -> None:
    context = await new_context(connection, config)
    source = BrowserSource(config, connection, context, worker)
    await source.start()
    ended = asyncio.Event()
    serving = asyncio.create_task(worker.run(source, ended))
    gone = connection.gone
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
    finally:
        ended.set()
        for task in (confirmed, *waits):
            task.cancel()
        await asyncio.gather(serving, confirmed, *waits, return_exceptions=True)
        await source.stop()


def command_of(config: Config) -> list[str]:
    """Return the command line of the browser that the settings lead to.

    Raises:
        StartError: there is no browser, or no display for it.

    """
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
    extra = (*_diet_args(config), *settings.extra_args)
    return launch_command(found, display, sandbox, extra_args=extra)


def _diet_args(config: Config) -> list[str]:
    settings = config.sources.tradingview
    args = []
    if settings.block_images:
        args.append("--blink-settings=imagesEnabled=false")
    if settings.block_fonts:
        args.append("--disable-remote-fonts")
    return args


class Context(msgspec.Struct, frozen=True):
    """The browser's answer to the making of a context."""

    context_id: str = msgspec.field(name="browserContextId")


async def new_context(connection: Connection, config: Config) -> str:
    """Return a context that keeps nothing: no cookie of it outlives the browser."""
    made = await connection.ask(Context, "Target.createBrowserContext")
    context = made.context_id
    await connection.send(
        "Browser.setDownloadBehavior", {"behavior": "deny", "browserContextId": context}
    )
    settings = config.sources.tradingview
    host = urlsplit(settings.base_url).hostname or ""
    if settings.cookie_preset and host.endswith("tradingview.com"):
        # Declines, so that no notice has to be clicked; set before the first navigation.
        values = {
            "cookiePrivacyPreferenceBannerProduction": "notApplicable",
            "cookiesSettings": '{"analytics":false,"advertising":false}',
        }
        cookies = [
            {"name": name, "value": value, "domain": ".tradingview.com", "path": "/"}
            for name, value in values.items()
        ]
        await connection.send(
            "Storage.setCookies", {"cookies": cookies, "browserContextId": context}
        )
    return context
