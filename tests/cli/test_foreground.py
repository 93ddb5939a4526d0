"""A daemon in the foreground ends when it is told to, whatever its work does."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from cryptostream.cli.exits import Exit
from cryptostream.cli.foreground import foreground

DEADLINE = 10.0


class Tree:
    """Stands for the daemon's processes: serves until it is stopped."""

    def __init__(self) -> None:
        self.supervisor = self
        self.stopped: list[str] = []
        self._over = asyncio.Event()

    async def start(self) -> None:
        pass

    async def run(self) -> None:
        await self._over.wait()

    async def stop(self, reason: str) -> None:
        self.stopped.append(reason)
        self._over.set()

    def hasten(self) -> None:
        pass


class Work:
    """Work for ever; it does not hear the first ``deaf`` times that it is told to end."""

    def __init__(self, deaf: int) -> None:
        self.deaf = deaf
        self.under_way = asyncio.Event()

    async def __call__(self) -> Exit:
        self.under_way.set()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not self.deaf:
                    raise
                self.deaf -= 1


@pytest.mark.parametrize("deaf", [0, 1])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_the_daemon_also_when_its_work_does_not_hear(
    number: signal.Signals, deaf: int
) -> None:
    tree, work = Tree(), Work(deaf)
    life = asyncio.create_task(foreground(tree, work))
    await work.under_way.wait()

    os.kill(os.getpid(), number)

    async with asyncio.timeout(DEADLINE):
        assert await life is Exit.OK
    assert tree.stopped == [number.name]


async def test_the_daemon_stops_when_its_work_is_done() -> None:
    tree = Tree()

    async def done() -> Exit:
        return Exit.OK

    assert await foreground(tree, done) is Exit.OK
    assert tree.stopped == ["its work is done"]
