"""A worker that has no page: it floods or paces one ticker, through the tape or directly.

``python -m bench.publisher <workers> <direct> <counter file>``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import zmq

from bench.counter import Counter
from bench.helper import serve
from cryptostream.hop_socket import HopSocket
from cryptostream.records import Tick
from cryptostream.sockets import send_now
from cryptostream.wire import hop
from cryptostream.wire.frames import VERSION, encode_meta, encode_payload
from cryptostream.wire.topics import TICK, topic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SYMBOL = "BINANCE:BTCUSDT"
TOPIC = topic(TICK, SYMBOL)
# Messages under way at once. Below the router's limit for a subscriber (10,000), so that a loss
# is a fault and not a queue that was too short.
WINDOW = 4_000
# Messages between two looks at the window.
_BURST = 32
_BEAT = 0.25
_BOUND = 64 * 1024 * 1024


def tick(at: int) -> Tick:
    """Return a record as a page makes it."""
    return Tick(
        symbol=SYMBOL,
        source="tradingview",
        method="dom",
        last=Decimal("67123.45"),
        bid=Decimal("67123.44"),
        ask=Decimal("67123.46"),
        change=Decimal("123.45"),
        change_percent=Decimal("0.18"),
        rule="header",
        ts_observed=at,
    )


class Publisher:
    """Speaks the inner hop as a worker does; beside it a PUB of its own, without a tape."""

    def __init__(self, workers: str, direct: str, counter: str) -> None:
        self._incarnation = time.time_ns() // 1000
        self._number = 0
        self._sequence = 0
        self._confirmed = False
        self._opened: hop.Open | None = None
        self._beat_at = 0.0
        self._received = Counter(counter)
        self._place = workers
        self._hop: HopSocket | None = None
        context = zmq.Context()
        self._direct = context.socket(zmq.PUB)
        self._direct.linger = 0
        self._direct.sndhwm = 100_000
        self._direct.bind(direct)

    # -- a worker's duties --------------------------------------------------------------

    def _reports(self) -> list[hop.Report]:
        if self._opened is None:
            return []
        report = hop.Report(
            symbol=SYMBOL,
            generation=self._opened.generation,
            state=hop.PageState.LIVE,
            code="ok",
            text="it publishes",
            ts=time.time_ns(),
        )
        return [report]

    async def connect(self) -> None:
        """Connect and say hello."""
        loop = asyncio.get_running_loop()
        _, self._hop = await loop.create_unix_connection(
            lambda: HopSocket(self._on_frames, lambda *_: None, _BOUND), self._place
        )
        self._tell(
            hop.WorkerHello(
                worker="bench",
                incarnation=self._incarnation,
                source="tradingview",
                capacity=20,
                opening=4,
                pid=os.getpid(),
                reports=self._reports(),
            )
        )

    def _tell(self, message: hop.FromWorker) -> None:
        self._write(hop.control_frame(message))

    def _write(self, data: bytes) -> None:
        if self._hop is None or not self._hop.send(data):
            raise RuntimeError("the router does not read")

    def tend(self) -> None:
        """Beat."""
        now = time.monotonic()
        if self._confirmed and now - self._beat_at >= _BEAT:
            self._beat_at = now
            beat = hop.Beat(
                worker="bench",
                incarnation=self._incarnation,
                sent=self._number,
                reports=self._reports(),
            )
            self._tell(beat)

    def _on_frames(self, _socket: HopSocket, frames: Sequence[hop.Frame]) -> None:
        for frame in frames:
            if isinstance(frame, bytes):
                self._on_instruction(hop.decode_to_worker(frame))

    def _on_instruction(self, instruction: hop.ToWorker) -> None:
        match instruction:
            case hop.Confirmed():
                self._confirmed = True
            case hop.Open(symbol=symbol):
                self._opened = instruction
                name = topic(hop.REPORT, symbol)
                self._through_tape(name, hop.encode_reports(self._reports()), 1)

    async def tend_for_ever(self) -> None:
        """Beat while nothing else is asked."""
        while True:
            self.tend()
            await asyncio.sleep(0.02)

    # -- sending ------------------------------------------------------------------------

    def _through_tape(self, name: bytes, payload: bytes, count: int) -> None:
        self._number += 1
        self._write(hop.data_frame(name, payload, count, 0, self._number))

    def _without_tape(self, name: bytes, payload: bytes, count: int) -> None:
        meta = (VERSION, 1, self._sequence + 1, count, time.time_ns(), 0)
        self._sequence += count
        send_now(self._direct, [name, encode_meta(meta), payload])

    def _sender(self, way: str) -> Callable[[bytes, bytes, int], None]:
        return self._through_tape if way == "tape" else self._without_tape

    # -- what can be asked --------------------------------------------------------------

    async def ready(self, within: float) -> None:
        """Wait until the router has confirmed us and opened the ticker."""
        async with asyncio.timeout(within):
            while not (self._confirmed and self._opened):  # noqa: ASYNC110 - tend() has no event
                await asyncio.sleep(0.02)

    async def flood(self, way: str, seconds: float, batch: int, unit: int = 1) -> dict[str, Any]:
        """Send as fast as the far end takes it; return what arrived, seconds and the losses.

        The far end counts ``unit`` for each message.
        """
        send, payload = self._sender(way), encode_payload([tick(time.time_ns())] * batch)
        before = self._received.value()
        began = time.perf_counter()
        sent = 0
        while time.perf_counter() - began < seconds:
            for _ in range(_BURST):
                send(TOPIC, payload, batch)
            sent += _BURST * unit
            self.tend()
            await asyncio.sleep(0)
            while sent - (self._received.value() - before) >= WINDOW * unit:
                await asyncio.sleep(0.0002)
                if time.perf_counter() - began > 2 * seconds:
                    break
        arrived = await self._settle(before, sent)
        took = time.perf_counter() - began
        return {"messages": arrived, "seconds": took, "lost": sent - arrived}

    async def _settle(self, before: int, sent: int) -> int:
        """Wait until all has arrived, or for two seconds."""
        until = time.monotonic() + 2.0
        # The counter is shared memory: there is no event to wait for.
        while (  # noqa: ASYNC110
            arrived := self._received.value() - before
        ) < sent and time.monotonic() < until:
            await asyncio.sleep(0.0002)
        return arrived

    async def pace(self, way: str, seconds: float, rate: float) -> int:
        """Send one stamped record at a time, evenly; return how many."""
        send = self._sender(way)
        began = time.perf_counter()
        sent = 0
        while (now := time.perf_counter() - began) < seconds:
            while sent < now * rate:
                send(TOPIC, encode_payload([tick(time.time_ns())]), 1)
                sent += 1
            self.tend()
            time.sleep(max(0.0, sent / rate - (time.perf_counter() - began)))  # noqa: ASYNC251
        return sent


async def main(*arguments: str) -> None:
    """Publish until stdin ends."""
    publisher = Publisher(*arguments)
    await publisher.connect()
    duties = asyncio.create_task(publisher.tend_for_ever())
    try:
        await serve({name: getattr(publisher, name) for name in ("ready", "flood", "pace")})
    finally:
        duties.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
