"""A worker that has no page: it floods or paces one ticker, through the tape or directly.

``python -m bench.publisher <ingest> <workers> <direct> <counter file>``.
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
from cryptostream.records import Tick
from cryptostream.sockets import send_now
from cryptostream.wire import hop
from cryptostream.wire.frames import VERSION, encode_meta, encode_payload
from cryptostream.wire.topics import TICK, topic

if TYPE_CHECKING:
    from collections.abc import Callable

SYMBOL = "BINANCE:BTCUSDT"
TOPIC = topic(TICK, SYMBOL)
# Messages under way at once. Below the router's limit for a subscriber (10,000), so that a loss
# is a fault and not a queue that was too short.
WINDOW = 4_000
# Messages between two looks at the window.
_BURST = 32
_BEAT = 0.25


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

    def __init__(self, ingest: str, workers: str, direct: str, counter: str) -> None:
        self._incarnation = time.time_ns() // 1000
        self._number = 0
        self._sequence = 0
        self._confirmed = False
        self._opened: hop.Open | None = None
        self._beat_at = 0.0
        self._received = Counter(counter)
        context = zmq.Context()
        self._data, self._direct = context.socket(zmq.PUB), context.socket(zmq.PUB)
        self._control = context.socket(zmq.DEALER)
        for socket in (self._data, self._direct, self._control):
            socket.linger = 0
            socket.sndhwm = 100_000
        self._data.connect(ingest)
        self._control.connect(workers)
        self._direct.bind(direct)
        self._hello()

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

    def _hello(self) -> None:
        hello = hop.WorkerHello(
            worker="bench",
            incarnation=self._incarnation,
            source="tradingview",
            capacity=20,
            pid=os.getpid(),
            reports=self._reports(),
        )
        self._control.send(hop.encode_hop(hello))

    def tend(self) -> None:
        """Probe, beat, and do what the router asks."""
        now = time.monotonic()
        if not self._confirmed:
            self._through_tape(hop.PROBE, b"", 0)
        if now - self._beat_at >= _BEAT:
            self._beat_at = now
            beat = hop.Beat(
                worker="bench",
                incarnation=self._incarnation,
                sent=self._number,
                reports=self._reports(),
            )
            self._control.send(hop.encode_hop(beat))
        while self._control.poll(0):
            self._on_instruction(hop.decode_to_worker(self._control.recv()))

    def _on_instruction(self, instruction: hop.ToWorker) -> None:
        match instruction:
            case hop.WhoAreYou():
                self._hello()
            case hop.Confirmed():
                self._confirmed = True
            case hop.Open(symbol=symbol):
                self._opened = instruction
                name = topic(hop.REPORT, symbol)
                self._through_tape(name, hop.encode_reports(self._reports()), 1)

    async def tend_for_ever(self) -> None:
        """Do a worker's duties while nothing else is asked."""
        while True:
            self.tend()
            await asyncio.sleep(0.02)

    # -- sending ------------------------------------------------------------------------

    def _through_tape(self, name: bytes, payload: bytes, count: int) -> None:
        self._number += 1
        meta = (hop.VERSION, self._incarnation, self._number, count, 0)
        send_now(self._data, [name, hop.encode_hop_meta(meta), payload])

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
            if time.monotonic() - self._beat_at >= _BEAT:
                self.tend()
            while sent - (self._received.value() - before) >= WINDOW * unit:
                time.sleep(0.0002)  # noqa: ASYNC251 - nothing else runs here
                if time.perf_counter() - began > 2 * seconds:
                    break
        arrived = self._settle(before, sent)
        took = time.perf_counter() - began
        return {"messages": arrived, "seconds": took, "lost": sent - arrived}

    def _settle(self, before: int, sent: int) -> int:
        """Wait until all has arrived, or for two seconds."""
        until = time.monotonic() + 2.0
        while (arrived := self._received.value() - before) < sent and time.monotonic() < until:
            time.sleep(0.0002)
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
            if time.monotonic() - self._beat_at >= _BEAT:
                self.tend()
            time.sleep(max(0.0, sent / rate - (time.perf_counter() - began)))  # noqa: ASYNC251
        return sent


async def main(*arguments: str) -> None:
    """Publish until stdin ends."""
    publisher = Publisher(*arguments)
    duties = asyncio.create_task(publisher.tend_for_ever())
    try:
        await serve({name: getattr(publisher, name) for name in ("ready", "flood", "pace")})
    finally:
        duties.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
