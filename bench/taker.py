"""The far end of the tape, in a process of its own: a bare SUB socket, or the client library.

``python -m bench.taker <counter file>``, asked through :mod:`bench.helper`.
"""

from __future__ import annotations

import asyncio
import sys
import time

import zmq

from bench.counter import Counter
from bench.helper import serve
from cryptostream.client.aio import connect
from cryptostream.records import Tick
from cryptostream.sockets import DrainedReader
from cryptostream.wire.effects import Gap
from cryptostream.wire.frames import decode_meta, decode_payload


class Taker:
    """Counts messages and the holes between their sequences."""

    def __init__(self, counter: str) -> None:
        self._counter = Counter(counter)
        self._messages = 0
        self._holes = 0
        self._next = 0
        self._stamps = False
        self._latencies: list[float] = []
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None
        self._reader: DrainedReader | None = None
        self._library: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Listen no more."""
        if self._reader is not None and self._socket is not None:
            self._reader.close()
            self._socket.close()
        if self._library is not None:
            self._library.cancel()
            await asyncio.gather(self._library, return_exceptions=True)
        self._reader = self._socket = self._library = None

    async def listen(self, address: str, topic: str, *, stamps: bool) -> None:
        """Read a topic with a bare SUB socket; with ``stamps`` note each record's latency."""
        await self.stop()
        self._stamps, self._next, self._holes = stamps, 0, 0
        self._socket = self._context.socket(zmq.SUB)
        self._socket.rcvhwm = 100_000
        self._socket.connect(address)
        self._socket.subscribe(topic.encode())
        self._reader = DrainedReader(self._socket, self._take, self._count)
        # The publisher learns of a subscription a moment later.
        await asyncio.sleep(0.3)

    def _take(self, frames: list[bytes]) -> None:
        meta = decode_meta(frames[1])
        if not meta.count:
            return  # a heartbeat
        self._messages += 1
        if self._next and meta.seq != self._next:
            self._holes += 1
        self._next = meta.seq + meta.count
        if self._stamps:
            tick = decode_payload(frames[0], frames[2])[0]
            if isinstance(tick, Tick):
                self._latencies.append((time.time_ns() - tick.ts_observed) / 1e6)

    def _count(self) -> None:
        self._counter.set(self._messages)

    async def use_library(self, control: str, data: str, symbol: str) -> None:
        """Read a ticker with the client library, as a program does."""
        await self.stop()
        self._holes = 0
        ready = asyncio.Event()
        self._library = asyncio.create_task(self._follow(control, data, symbol, ready))
        async with asyncio.timeout(10.0):
            await ready.wait()

    async def _follow(self, control: str, data: str, symbol: str, ready: asyncio.Event) -> None:
        async with connect(control, data, inbox=100_000) as client:
            await client.connected()
            await client.subscribe(symbol)
            await asyncio.sleep(0.3)
            while (item := client.poll()) is not None:
                pass
            ready.set()
            async for item in client.events():
                if isinstance(item, Gap):
                    self._holes += 1
                elif isinstance(item, Tick) and not item.image:
                    self._messages += 1
                    self._counter.set(self._messages)

    async def holes(self) -> int:
        """Return how often the sequence was broken."""
        return self._holes

    async def latencies(self) -> list[float]:
        """Return the latencies since the last time, in ms."""
        taken, self._latencies = self._latencies, []
        return taken


async def main(counter: str) -> None:
    """Listen until stdin ends."""
    taker = Taker(counter)
    names = ("listen", "use_library", "holes", "latencies", "stop")
    try:
        await serve({name: getattr(taker, name) for name in names})
    finally:
        await taker.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:2]))
