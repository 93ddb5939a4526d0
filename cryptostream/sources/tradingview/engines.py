"""The browsers of one process: one that serves, and now and then its successor beside it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream import procfs
from cryptostream.errors import CryptoStreamError, SourceError
from cryptostream.sources.tradingview.engine import Engine
from cryptostream.sources.tradingview.recycling import (
    MIB,
    RecycleRules,
    pause_after,
    why_recycle,
)

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.sources.tradingview.pages import BrowserSource

# How often the browser's memory is looked at (s).
LOOK = 60.0


class Engines:
    """Starts the first browser, and replaces it by a fresh one make-before-break."""

    def __init__(self, config: Config, name: str, look: float = LOOK) -> None:
        self.current = Engine(config, name, 1)
        self._config = config
        self._name = name
        self._look = look
        settings = config.browsers
        self._rules = RecycleRules(settings.recycle_after, settings.recycle_above * MIB)
        self._leaving: Engine | None = None
        self._began = 0.0
        self._begun_with = 0

    async def start(self) -> None:
        """Start the first browser.

        Raises:
            CryptoStreamError: it does not start.

        """
        await self.current.start()
        self._began = time.monotonic()

    async def run(self, source: BrowserSource) -> None:
        """Keep the source in a browser that is not too old and not too big.

        Raises:
            SourceError: the browser is gone.

        """
        failures = 0
        while True:
            reason = await self._due()
            if await self._replace(source, reason):
                failures = 0
                continue
            failures += 1
            await self._rest(pause_after(failures))

    async def stop(self) -> None:
        """End all browsers."""
        ending = [self.current.stop()]
        if self._leaving is not None:
            ending.append(self._leaving.stop())
        await asyncio.gather(*ending)

    # -- inside -------------------------------------------------------------------------

    async def _due(self) -> str:
        """Wait until the browser has to be replaced; return why."""
        while True:
            age = time.monotonic() - self._began
            memory = await asyncio.to_thread(_memory, self.current.pid)
            reason = why_recycle(age, memory, self._begun_with, self._rules)
            if reason is not None:
                return reason
            left = self._rules.after - age if self._rules.after else self._look
            await self._rest(min(self._look, left))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.current.gone.wait()
        except TimeoutError:
            return
        raise SourceError("the browser is gone", code="browser_gone")

    async def _replace(self, source: BrowserSource, reason: str) -> bool:
        former = self.current
        logger.info("browser {} is replaced: {}", former.number, reason)
        fresh = self._leaving = Engine(self._config, self._name, former.number + 1)
        try:
            await fresh.start()
        except CryptoStreamError as error:
            logger.warning("no fresh browser, the old one goes on: {}", error)
            await fresh.stop()
            self._leaving = None
            return False
        self.current, self._leaving = fresh, former
        moved = await self._move(source, former, fresh)
        await self._leaving.stop()
        self._leaving = None
        if moved:
            self._began = time.monotonic()
            self._begun_with = await asyncio.to_thread(_memory, fresh.pid)
            logger.info("browser {} serves", fresh.number)
        return moved

    async def _move(self, source: BrowserSource, former: Engine, fresh: Engine) -> bool:
        """Return whether the fresh browser has everything; else it is gone and the old one serves.

        A browser that goes away meanwhile takes only its own pages with it.
        """
        moving = asyncio.create_task(source.move_to(fresh), name="move pages")
        ends = [asyncio.create_task(one.gone.wait()) for one in (fresh, former)]
        try:
            await asyncio.wait([moving, *ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (moving, *ends):
                task.cancel()
            await asyncio.gather(moving, *ends, return_exceptions=True)
        if fresh.gone.is_set() and not former.gone.is_set():
            logger.warning("the fresh browser is gone, the old one goes on")
            self.current, self._leaving = former, fresh
            source.lost(fresh, former)
            return False
        if former.gone.is_set():
            source.lost(former, fresh)
        elif not moving.cancelled():
            moving.result()
        return True


def _memory(pid: int | None) -> int:
    """Return what a browser takes with all below it, in bytes; 0 where nobody can look."""
    if pid is None:
        return 0
    return procfs.memory(procfs.descendants({pid}, procfs.parents()))
