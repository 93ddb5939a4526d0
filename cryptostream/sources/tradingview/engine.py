"""One browser that pages can be opened in: a running Chromium and its context."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from loguru import logger

from cryptostream.sources.tradingview.chrome import Chrome
from cryptostream.sources.tradingview.chromium import (
    choose_display,
    find_browser,
    launch_command,
    playwright_executable,
    runs_in_container,
    sandbox_allowed,
)
from cryptostream.sources.tradingview.scripts import load_scripts

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.sources.tradingview.cdp import Connection

# A browser and the one that takes its place never share a profile; after them it is free again.
_PROFILES = 2


class Engine:
    """The ``number``-th browser of its process, counted from 1."""

    def __init__(self, config: Config, name: str, number: int) -> None:
        profile = f"{config.instance}-{name}-profile-{number % _PROFILES}"
        self.number = number
        self.context = ""
        self._config = config
        self._chrome = Chrome(config.runtime_path() / profile)

    @property
    def connection(self) -> Connection:
        """Where its commands go and its events come from."""
        return self._chrome.connection

    @property
    def gone(self) -> asyncio.Event:
        """Set when it is no more."""
        return self._chrome.connection.gone

    @property
    def pid(self) -> int | None:
        """Its main process."""
        return self._chrome.pid

    async def start(self) -> None:
        """Start the browser.

        Raises:
            StartError: no browser, no display, or it does not start.
            SourceError: it went away at once.

        """
        await asyncio.to_thread(load_scripts)
        command = await asyncio.to_thread(command_of, self._config)
        await self._chrome.start(command, self._config.browsers.launch_timeout)
        self.context = await new_context(self.connection, self._config)

    async def stop(self) -> None:
        """End the browser with everything that it started; one that never ran, too."""
        await self._chrome.stop()


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
