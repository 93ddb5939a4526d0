"""One exchange's listing over time: read from disk, fetched at its age, written back."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from cryptostream.errors import SourceError
from cryptostream.sources.directory import cache
from cryptostream.sources.directory.fetching import fetch
from cryptostream.sources.directory.index import Index
from cryptostream.sources.directory.instruments import FORM, Kept
from cryptostream.sources.directory.listings import Standing

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp

    from cryptostream.sources.directory.exchanges import Exchange
    from cryptostream.sources.directory.fetching import Answer
    from cryptostream.sources.directory.pace import Pace

_chance = random.SystemRandom().random


class ListingKeeper:
    """Keeps the listing of one exchange; ``standing`` is how it stands with it at this moment.

    ``tried`` is set once the exchange has answered, or has failed to, or its listing was read
    from disk: from then on a verdict is as good as it gets for now.
    """

    def __init__(self, exchange: Exchange, url: str, file: Path | None, pace: Pace) -> None:
        self.standing = Standing(exchange.name, why="it is being fetched")
        self.tried = asyncio.Event()
        self._exchange = exchange
        self._url = url
        self._file = file
        self._pace = pace
        self._kept: Kept | None = None
        self._failures = 0

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Keep the listing fresh until cancelled; what the exchange does is no exception."""
        await self._restore()
        pause = self._until_due()
        while True:
            await asyncio.sleep(pause)
            try:
                await self._look(http)
                pause = self._until_due()
            except SourceError as error:
                pause = self._failed(error)
            self.tried.set()

    # -- steps --------------------------------------------------------------------------

    async def _restore(self) -> None:
        if self._file is None:
            return
        kept = await asyncio.to_thread(cache.read, self._file, self._exchange.name, self._url)
        if kept is not None:
            due = self._pace.is_due(kept.fetched, _wall_clock())
            await self._take(kept, from_disk=True, why="it is being fetched again" if due else "")
            self.tried.set()

    async def _look(self, http: aiohttp.ClientSession) -> None:
        """Ask once.

        Raises:
            SourceError: the listing is not to be had now.

        """
        etag = self._kept.etag if self._kept is not None else ""
        kept = self._of(await fetch(http, self._exchange, self._url, etag))
        await self._take(kept, from_disk=False, why="")
        self._failures = 0
        if self._file is not None:
            await asyncio.to_thread(cache.write, self._file, kept)

    def _of(self, answer: Answer) -> Kept:
        now = _wall_clock()
        if not answer.instruments and self._kept is not None:
            return msgspec.structs.replace(self._kept, fetched=now)
        return Kept(
            form=FORM,
            exchange=self._exchange.name,
            url=self._url,
            fetched=now,
            etag=answer.etag,
            instruments=answer.instruments,
        )

    async def _take(self, kept: Kept, *, from_disk: bool, why: str) -> None:
        index = self.standing.index
        if self._kept is None or kept.instruments is not self._kept.instruments:
            index = await asyncio.to_thread(Index, self._exchange.name, kept.instruments)
        self._kept = kept
        self.standing = Standing(self._exchange.name, index, kept.fetched, from_disk, why)

    def _failed(self, error: SourceError) -> float:
        """Note a failure; return how long to wait before asking again (s)."""
        self._failures += 1
        if self.standing.why != error.message:
            logger.warning("the listing of {}: {}", self._exchange.name, error.message)
        self.standing = replace(self.standing, why=error.message)
        return self._pace.after_failure(self._failures, error.retry_after, _chance())

    def _until_due(self) -> float:
        if self._kept is None:
            return 0.0
        return self._pace.until_due(self._kept.fetched, _wall_clock(), _chance())


def _wall_clock() -> float:
    return time.time_ns() / 1e9
