"""A TCP relay whose present connections can be made deaf: open, and nothing comes any more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

T = TypeVar("T")

_PIECE = 65536
# How long its beginning and its end may take (s).
_WITHIN = 10.0


class Relay:
    """Connects each caller to a port of this machine; ``port`` is its own."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._round = 0  # connections of former rounds are deaf
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.callers = 0

    def deafen(self) -> None:
        """Let nothing through to those who are connected now; who comes later is served."""
        self._round += 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one caller's bytes both ways until either side ends."""
        self.callers += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        mine = self._round
        ways = [(reader, far_writer, False), (far_reader, writer, True)]
        tasks = [asyncio.create_task(self._carry(*way, mine)) for way in ways]
        self._tasks.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.difference_update(tasks)
        for end in (writer, far_writer):
            end.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to_caller: bool, mine: int
    ) -> None:
        while data := await reader.read(_PIECE):
            if to_caller and mine != self._round:
                continue
            writer.write(data)
            await writer.drain()

    async def close(self) -> None:
        """End all that is carried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.contextmanager
def relay_in_a_thread(behind: int) -> Iterator[Relay]:
    """Run a relay beside a test that has no loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_WITHIN)

    running = relay(behind)
    try:
        one = do(running.__aenter__())
        try:
            yield one
        finally:
            do(running.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WITHIN)
        loop.close()


@contextlib.asynccontextmanager
async def relay(behind: int) -> AsyncIterator[Relay]:
    """Run a relay in front of a port."""
    one = Relay(behind)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.close()
