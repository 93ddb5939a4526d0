"""The directory of all exchanges: answers from memory, so that no request waits for a network."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from cryptostream.sources.directory import cache, listings
from cryptostream.sources.directory.aliases import pairs_of
from cryptostream.sources.directory.exchanges import asked
from cryptostream.sources.directory.keeping import ListingKeeper
from cryptostream.sources.directory.listings import Rules, Standing
from cryptostream.sources.directory.pace import RETRY, Pace
from cryptostream.sources.directory.ranking import search
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from cryptostream.config.directory import Directory
    from cryptostream.symbols import Found, Verdict
    from supervisors.spec import Backoff

# The router is not held up longer than this (s) by listings that do not come.
FIRST_LOAD = 3.0


class ListingDirectory:
    """Keeps the listings of all exchanges that the settings name; one that fails harms no other.

    It belongs to one event loop, between ``async with`` and its end. A fault of our own in the
    background work cancels the body of that ``async with`` and is raised at its end.
    """

    def __init__(
        self, settings: Directory, cache_dir: Path | None = None, retry: Backoff = RETRY
    ) -> None:
        self._settings = settings
        self._rules = Rules(pairs_of(settings.aliases), settings.max_age)
        self._stack = contextlib.AsyncExitStack()
        place = cache_dir if cache_dir is not None else cache.cache_dir()
        self._keepers = [
            ListingKeeper(
                exchange,
                url,
                cache.file_of(place, exchange.name, url) if settings.cache else None,
                Pace(settings.refresh, retry),
            )
            for exchange, url in asked(settings).items()
        ]

    async def __aenter__(self) -> Self:
        """Take the listings from disk or wait a moment for them, then keep them fresh."""
        if not self._settings.enabled:
            return self
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout)
        async with contextlib.AsyncExitStack() as stack:
            http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            for keeper in self._keepers:
                task = group.create_task(keeper.run(http))
                stack.callback(task.cancel)
            # What is not there by then is unknown until it comes.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_LOAD):
                    for keeper in self._keepers:
                        await keeper.tried.wait()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop fetching."""
        await self._stack.__aexit__(kind, error, trace)

    def check(self, symbol: str) -> Verdict:
        """Return what is known of a symbol, at once."""
        exchange = split_symbol(symbol)[0]
        standing = next((one for one in self._standings() if one.exchange == exchange), None)
        return listings.judge(symbol, standing, self._rules, _wall_clock())

    def search(self, text: str, limit: int) -> list[str]:
        """Return symbols that contain or resemble a text and are trading, best first."""
        return [row.symbol for row in self.find(text, limit, "").rows if row.trading]

    def find(self, text: str, limit: int, exchange: str) -> Found:
        """Return instruments that contain or resemble a text; ``""`` means any exchange."""
        return search(text, exchange, limit, self._standings(), self._rules, _wall_clock())

    def describe(self) -> dict[str, Any]:
        """Return for people where the listings came from and how old they are."""
        return listings.describe(self._standings(), _wall_clock())

    def _standings(self) -> list[Standing]:
        if self._settings.enabled:
            return [keeper.standing for keeper in self._keepers]
        return [
            Standing(exchange.name, why="it is switched off") for exchange in asked(self._settings)
        ]


def _wall_clock() -> float:
    return time.time_ns() / 1e9
