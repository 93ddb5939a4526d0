"""The browser process: one Chromium with its pages, and a fresh one in its place in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cryptostream.sources.tradingview.engines import Engines
from cryptostream.sources.tradingview.pages import BrowserSource
from cryptostream.sources.worker import Worker

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from supervisors.child import Child


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
    engines = Engines(config, name)
    try:
        await engines.start()
        await _serve(child, config, engines, worker)
    finally:
        await engines.stop()
        await worker.close()


async def _serve(child: Child, config: Config, engines: Engines, worker: Worker) -> None:
    source = BrowserSource(config, engines.current, worker)
    await source.start()
    ended = asyncio.Event()
    serving = asyncio.create_task(worker.run(source, ended))
    running = asyncio.create_task(engines.run(source))
    stopping = asyncio.create_task(child.stopping.wait())
    confirmed = asyncio.create_task(worker.confirmed.wait())
    tasks: list[asyncio.Task[Any]] = [serving, running, stopping]
    try:
        await asyncio.wait([confirmed, *tasks], return_when=asyncio.FIRST_COMPLETED)
        child.ready()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        worker.goodbye("the browser is gone" if running.done() else "it was stopped")
        for task in tasks:
            if task.done():
                task.result()
    finally:
        ended.set()
        for doomed in (confirmed, running, stopping):
            doomed.cancel()
        await asyncio.gather(confirmed, *tasks, return_exceptions=True)
        await source.stop()
