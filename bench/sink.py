"""The program at the end, in a process of its own: reads records and counts every one.

``python -m bench.sink ours <counter> <control> <data> <symbols>``: our client library, every
record decoded. ``python -m bench.sink zmq <counter> <port>``: what cryptofeed's own examples do
with its ZMQ backend, every record decoded. Asked through :mod:`bench.helper`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import zmq
from yapic import json

from bench.counter import Counter
from bench.helper import serve
from cryptostream.client.aio import connect
from cryptostream.records import Tick, Trade
from cryptostream.sockets import DrainedReader
from cryptostream.wire.effects import Gap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


# The far end's count is told once for so many messages.
_TELL = 32


class Sink:
    """Counts records, holes, and notes when each trade came."""

    def __init__(self, counter: str) -> None:
        self._counter = Counter(counter)
        self._count = 0
        self._gaps = 0
        self._noting = False
        self._seen: dict[str, int] = {}
        self._trades = 0

    async def note(self, on: bool) -> None:  # noqa: FBT001
        """Begin or end to note arrivals."""
        self._noting = on
        if on:
            self._seen.clear()

    async def seen(self) -> dict[str, int]:
        """Return when each trade came (ns), by ``symbol:id``."""
        return self._seen

    async def count(self) -> dict[str, int]:
        """Return how many records have come, how many of them trades, and the holes."""
        return {"records": self._count, "trades": self._trades, "gaps": self._gaps}

    def trade(self, symbol: str, number: str | None) -> None:
        """Count a trade, and note when it came."""
        self._trades += 1
        if self._noting:
            self._seen[f"{symbol}:{number}"] = time.time_ns()
        self.took()

    def took(self) -> None:
        """Count a message of the exchange; the window is told now and then."""
        self._count += 1
        if not self._count % _TELL:
            self._counter.set(self._count)

    def gap(self) -> None:
        """Count a hole."""
        self._gaps += 1


async def ours(sink: Sink, control: str, data: str, symbols: str) -> None:
    """Read with our client library."""
    wanted = [f"BINANCE:S{number:04}USDT" for number in range(int(symbols))]
    async with connect(control, data, inbox=1_000_000) as cs:
        await cs.connected()
        for start in range(0, len(wanted), 400):
            await cs.subscribe(*wanted[start : start + 400])
        async for item in cs.events():
            if isinstance(item, Trade):
                sink.trade(item.symbol.partition(":")[2], item.trade_id)
            elif isinstance(item, Tick) and item.ts_source is None:
                sink.took()  # a book top; what a trade did to the tick came as a trade already
            elif isinstance(item, Gap):
                sink.gap()


async def theirs(sink: Sink, port: str) -> None:
    """Read what cryptofeed publishes."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
    socket.rcvhwm = 1_000_000
    socket.bind(f"tcp://127.0.0.1:{port}")
    socket.subscribe(b"")

    def take(frames: list[bytes]) -> None:
        _, _, body = frames[0].partition(b" ")
        record = json.loads(body.decode())
        if "id" in record:
            sink.trade(record["symbol"].replace("-", ""), record["id"])
        else:
            sink.took()

    DrainedReader(socket, take)
    await asyncio.Event().wait()


async def main(way: str, counter: str, *rest: str) -> None:
    """Read until stdin ends."""
    sink = Sink(counter)
    ways: dict[str, Callable[..., Awaitable[None]]] = {"ours": ours, "zmq": theirs}
    reading = asyncio.ensure_future(ways[way](sink, *rest))
    try:
        await serve({name: getattr(sink, name) for name in ("note", "seen", "count")})
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
