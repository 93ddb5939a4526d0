"""A source's side of the inner hop: PUB for records and reports, DEALER for instructions.

The same for every source process: it says hello, proves its data path with probes, beats,
carries out the router's instructions, and sends together what was at hand in one pass of
the loop.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import zmq
from loguru import logger

from cryptostream.errors import ProtocolError
from cryptostream.sockets import DrainedReader, send_now
from cryptostream.wire import hop
from cryptostream.wire.frames import Flag, encode_payload
from cryptostream.wire.topics import TICK, TRADE, topic

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from cryptostream.records import Record, Tick, Trade
    from cryptostream.sources.base import Source
    from cryptostream.wire.hop import Report

# Twice a second: the router takes six missed beats for a death.
BEAT = 0.5
# While the data path is not confirmed, a probe this often (s).
PROBE = 0.02
# Records of one symbol that go into one message at most; a bigger batch is split.
BATCH = 512


class Worker:
    """Connects one source to the router; it is the source's outlet.

    All methods run in the loop of the source's process. ``confirmed`` is set once the router
    has received a probe: from then on nothing is lost to a slow joiner.
    """

    def __init__(self, name: str, capacity: int, ingest: str, workers: str) -> None:
        self.name = name
        self.capacity = capacity
        self.incarnation = time.time_ns() // 1000
        self.sent = 0
        self.dropped = 0
        self._source: Source | None = None
        self.confirmed = asyncio.Event()
        self._batches: dict[bytes, list[Record]] = {}
        self._last: dict[bytes, Record] = {}
        self._booked = False
        self._leaving = False
        self._jobs: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._context = zmq.Context()
        self._data = self._context.socket(zmq.PUB)
        self._data.sndhwm = 100_000
        self._control = self._context.socket(zmq.DEALER)
        self._control.sndhwm = 1_000
        for socket, address in ((self._data, ingest), (self._control, workers)):
            socket.linger = 0
            # The router may be restarting: look again soon, it is on this machine.
            socket.reconnect_ivl = 20
            socket.reconnect_ivl_max = 200
            socket.connect(address)
        self._reader = DrainedReader(self._control, self._on_instruction)

    # -- life ---------------------------------------------------------------------------

    async def run(self, source: Source, stopping: asyncio.Event) -> None:
        """Serve the router until asked to stop.

        Raises:
            Exception: whatever an instruction to the source raised: the process is not sound.

        """
        self._source = source
        self._hello()
        beat_at = 0.0
        while not stopping.is_set():
            now = time.monotonic()
            if self._leaving:
                await stopping.wait()
                return
            if not self.confirmed.is_set():
                self._send(hop.PROBE, b"", 0, 0)
            if now - beat_at >= BEAT:
                beat_at = now
                self._beat()
            self._raise_failed_jobs()
            try:
                pause = BEAT / 2 if self.confirmed.is_set() else PROBE
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                continue

    def goodbye(self, reason: str) -> None:
        """Tell the router that what this worker ran must run elsewhere; take no more work."""
        self._leaving = True
        message = hop.Goodbye(worker=self.name, incarnation=self.incarnation, reason=reason)
        send_now(self._control, [hop.encode_hop(message)])

    def close(self) -> None:
        """Close the sockets; what is queued has a moment to leave."""
        self._reader.close()
        self._context.destroy(linger=200)

    # -- the outlet ---------------------------------------------------------------------

    def tick(self, record: Tick) -> None:
        """Publish a tick with whatever else is at hand in this pass of the loop."""
        self._add(topic(TICK, record.symbol), record)

    def trade(self, record: Trade) -> None:
        """Publish a trade with whatever else is at hand in this pass of the loop."""
        self._add(topic(TRADE, record.symbol), record)

    def report(self, report: Report) -> None:
        """Publish a change of state, after the records that came before it."""
        self.flush()
        if report.state in (hop.PageState.FAILED, hop.PageState.CLOSED):
            for kind in (TICK, TRADE):
                self._last.pop(topic(kind, report.symbol), None)
        name = topic(hop.REPORT, report.symbol)
        self._send(name, hop.encode_reports([report]), 1, 0)

    def _add(self, name: bytes, record: Record) -> None:
        self._last[name] = record
        if not self.confirmed.is_set():
            # Nobody can hear it yet; the newest goes out as an image when somebody can.
            self.dropped += 1
            return
        batch = self._batches.get(name)
        if batch is None:
            batch = self._batches[name] = []
        batch.append(record)
        if len(batch) >= BATCH:
            self.flush()
        elif not self._booked:
            self._booked = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what is at hand; a source that knows its pass is over saves the loop another."""
        self._booked = False
        batches, self._batches = self._batches, {}
        for name, records in batches.items():
            self._send_records(name, records, 0)

    def _send_records(self, name: bytes, records: list[Record], flags: int) -> None:
        if records[-1].simulated:
            flags |= Flag.SIMULATED
        self._send(name, encode_payload(records), len(records), flags)

    def _send(self, name: bytes, payload: bytes, count: int, flags: int) -> None:
        self.sent += 1
        meta = hop.encode_hop_meta((hop.VERSION, self.incarnation, self.sent, count, int(flags)))
        # A PUB socket drops at its limit without a word; the number in the frame tells.
        send_now(self._data, [name, meta, payload])

    # -- instructions -------------------------------------------------------------------

    def _hello(self) -> None:
        source = self._source
        if source is None or self._leaving:
            return
        self.confirmed.clear()
        message = hop.WorkerHello(
            worker=self.name,
            incarnation=self.incarnation,
            source=source.name,
            capacity=self.capacity,
            pid=os.getpid(),
            reports=source.reports(),
        )
        send_now(self._control, [hop.encode_hop(message)])
        self._reader.kick()

    def _beat(self) -> None:
        source = self._source
        if source is None:
            return
        message = hop.Beat(
            worker=self.name,
            incarnation=self.incarnation,
            sent=self.sent,
            reports=source.reports(),
            detail={"sent": self.sent, "dropped": self.dropped, **source.describe()},
        )
        send_now(self._control, [hop.encode_hop(message)])
        self._reader.kick()

    def _on_instruction(self, frames: list[bytes]) -> None:
        try:
            instruction = hop.decode_to_worker(frames[-1])
        except ProtocolError as error:
            logger.warning("an instruction was refused: {}", error)
            return
        source = None if self._leaving else self._source
        match instruction:
            case hop.WhoAreYou():
                self._hello()
            case hop.Confirmed(incarnation=incarnation) if incarnation == self.incarnation:
                self._on_confirmed()
            case hop.Open(symbol=symbol, generation=number) if source is not None:
                self._begin(source.open(symbol, number), f"open {symbol}")
            case hop.Close(symbol=symbol, generation=number) if source is not None:
                self._begin(source.close(symbol, number), f"close {symbol}")

    def _on_confirmed(self) -> None:
        if self.confirmed.is_set():
            return
        self.confirmed.set()
        # A router that has just begun holds no last values: give it ours, marked as images.
        for name, record in self._last.items():
            self._send_records(name, [record], int(Flag.IMAGE))

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = self._loop.create_task(work, name=name)
        self._jobs.add(task)

    def _raise_failed_jobs(self) -> None:
        for task in [task for task in self._jobs if task.done()]:
            self._jobs.discard(task)
            task.result()
