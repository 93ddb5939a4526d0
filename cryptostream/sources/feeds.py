"""The feeds process: every source that has connections instead of browser pages.

Each source has a worker of its own towards the router and runs as a supervised task: one that
fails is built anew, and the others notice nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.errors import StartError
from cryptostream.sources.kinds import kinds
from cryptostream.sources.worker import Worker
from supervisors.errors import StartFailed
from supervisors.spec import Backoff, ChildSpec, Intensity, Kind, Shutdown, SupervisorSpec
from supervisors.supervisor import Supervisor

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.sources.base import SourceKind
    from supervisors.child import Child

# Tickers that one source takes; its own limits are its own affair.
CAPACITY = 100_000
_SHUTDOWN = Shutdown(ask=1.0, terminate=0.3, kill=0.3)
_BACKOFF = Backoff(first=0.2, factor=2.0, cap=30.0, reset_after=30.0)


class FeedActor:
    """Runs one source and its worker until told to stop."""

    def __init__(self, kind: SourceKind, config: Config) -> None:
        self._kind = kind
        self._config = config

    async def run(self, child: Child) -> None:
        """Serve the router.

        Raises:
            Exception: whatever the source raised: it is not sound and is built anew.

        """
        if self._kind.load is None:
            raise StartError(f"{self._kind.name} is not a feed", code="bad_source")
        build = await asyncio.to_thread(self._kind.load)
        worker = Worker(
            f"feeds/{self._kind.name}",
            CAPACITY,
            self._config.socket_path("workers"),
            opening=self._kind.opening,
        )
        source = build(self._config, worker)
        ended = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(source.run(), name=f"{source.name} runs")
                tasks.create_task(worker.run(source, ended), name=f"{source.name} serves")
                child.ready()
                await child.stopping.wait()
                worker.goodbye("it was stopped")
                running.cancel()
                ended.set()
        finally:
            await worker.close()


def runnable(config: Config) -> list[SourceKind]:
    """Return the feeds that are installed and switched on."""
    found = []
    for kind in kinds().values():
        settings = getattr(config.sources, kind.name, None)
        if kind.load is not None and getattr(settings, "enabled", True):
            found.append(kind)
    return found


def spec(kind: SourceKind, config: Config) -> ChildSpec:
    """Return the task that runs one source."""
    return ChildSpec(
        name=kind.name,
        kind=Kind.TASK,
        target=FeedActor(kind, config).run,
        shutdown=_SHUTDOWN,
        backoff=_BACKOFF,
        heartbeat=None,
    )


async def main(child: Child, config: Config) -> None:
    """Run all feeds as a supervised child until asked to stop."""
    feeds = await asyncio.to_thread(runnable, config)
    supervisor = Supervisor(
        SupervisorSpec(
            name="feeds",
            children=(),
            # A source that cannot run at all must not take the others with it.
            intensity=Intensity(restarts=1_000_000, within=1.0),
        )
    )
    await supervisor.start()
    for kind in feeds:
        try:
            await supervisor.start_child(spec(kind, config))
        except StartFailed as error:
            # One that cannot run here must not take the others with it.
            logger.error("the source {} does not run: {} ({})", kind.name, error, error.hint)
    try:
        child.ready()
        await child.stopping.wait()
    finally:
        await supervisor.stop("the feeds end")
