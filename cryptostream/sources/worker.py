"""A source's side of the inner hop: records and reports out, instructions in.

The same for every source process: it connects, says hello, beats, carries out the router's
instructions, and sends together what was at hand in one pass of the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.hop_socket import HopSocket
from cryptostream.wire import hop
from cryptostream.wire.frames import Flag, encode_payload
from cryptostream.wire.topics import TICK, TRADE, topic

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

    from cryptostream.records import Record, Tick, TickText, Trade, TradeText
    from cryptostream.sources.base import Source
    from cryptostream.wire.hop import Frame, Report

# Plain integers: the operators of an IntFlag cost ten times as much.
_SIMULATED, _IMAGE = int(Flag.SIMULATED), int(Flag.IMAGE)
# Twice a second: the router takes six missed beats for a death.
BEAT = 0.5
# Records of one symbol that go into one message at most; a bigger batch is split.
BATCH = 512
# Pause (s) between two attempts to connect: the router may be restarting, on this machine.
_CONNECT_AGAIN = 0.02
# What may wait for a router that does not read, in bytes; the newest is dropped and counted.
_BOUND = 32 * 1024 * 1024
# How long (s) the last frames may take to leave.
_CLOSE_WITHIN = 0.2


class Worker:
    """Connects one source to the router; it is the source's outlet.

    All methods run in the loop of the source's process. ``confirmed`` is set while the router
    listens: from then on nothing is lost to a slow joiner.
    """

    def __init__(self, name: str, capacity: int, place: Path, *, opening: int) -> None:
        self.name = name
        self.capacity = capacity
        self.opening = opening
        self.incarnation = time.time_ns() // 1000
        self.sent = 0
        self.dropped = 0
        self.confirmed = asyncio.Event()
        self._place = place
        self._source: Source | None = None
        # symbol -> what this pass of the loop has found
        self._ticks: dict[str, list[Record]] = {}
        self._trades: dict[str, list[Record]] = {}
        self._last: dict[bytes, Record] = {}
        self._booked = False
        self._leaving = False
        self._jobs: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._socket: HopSocket | None = None

    # -- life ---------------------------------------------------------------------------

    async def run(self, source: Source, stopping: asyncio.Event) -> None:
        """Serve the router until asked to stop.

        Raises:
            Exception: whatever an instruction to the source raised: the process is not sound.

        """
        self._source = source
        while not stopping.is_set():
            if self._leaving:
                await stopping.wait()
                return
            pause = BEAT
            if self._socket is None and not await self._connect():
                pause = _CONNECT_AGAIN
            elif self.confirmed.is_set():
                self._beat()
            self._raise_failed_jobs()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopping.wait()

    async def _connect(self) -> bool:
        try:
            await self._loop.create_unix_connection(self._new_socket, str(self._place))
        except OSError:
            # Not there yet, or on its way back: the next attempt is soon.
            return False
        self._hello()
        return True

    def _new_socket(self) -> HopSocket:
        self._socket = HopSocket(self._on_frames, self._on_lost, _BOUND)
        return self._socket

    def _on_lost(self, socket: HopSocket, why: str) -> None:
        if socket is self._socket:
            logger.debug("{}: the router is gone: {}", self.name, why)
            self._socket = None
            self.confirmed.clear()

    def goodbye(self, reason: str) -> None:
        """Tell the router that what this worker ran must run elsewhere; take no more work."""
        self._leaving = True
        self._tell(
            hop.Goodbye(worker=self.name, incarnation=self.incarnation, reason=reason),
        )

    async def close(self) -> None:
        """End the connection; what is queued has a moment to leave."""
        if self._socket is not None:
            await self._socket.close(_CLOSE_WITHIN)

    # -- the outlet ---------------------------------------------------------------------

    def tick(self, record: Tick | TickText) -> None:
        """Publish a tick with whatever else is at hand in this pass of the loop."""
        batch = self._ticks.get(record.symbol)
        if batch is None:
            self._begin_batch(self._ticks, TICK, record)
            return
        batch.append(record)
        if len(batch) >= BATCH:
            self.flush()

    def trade(self, record: Trade | TradeText) -> None:
        """Publish a trade with whatever else is at hand in this pass of the loop."""
        batch = self._trades.get(record.symbol)
        if batch is None:
            self._begin_batch(self._trades, TRADE, record)
            return
        batch.append(record)
        if len(batch) >= BATCH:
            self.flush()

    def report(self, report: Report) -> None:
        """Publish a change of state, after the records that came before it."""
        self.flush()
        if report.state in (hop.PageState.FAILED, hop.PageState.CLOSED):
            for kind in (TICK, TRADE):
                self._last.pop(topic(kind, report.symbol), None)
        if self.confirmed.is_set():
            name = topic(hop.REPORT, report.symbol)
            self._write([self._numbered(name, hop.encode_reports([report]), 1, 0)])

    def _begin_batch(self, batches: dict[str, list[Record]], kind: str, record: Record) -> None:
        if not self.confirmed.is_set():
            # Nobody can hear it yet; the newest goes out as an image when somebody can.
            self._last[topic(kind, record.symbol)] = record
            self.dropped += 1
            return
        batches[record.symbol] = [record]
        if not self._booked:
            self._booked = True
            self._loop.call_soon(self.flush)

    def hold(self) -> None:
        """Wait for the caller's :meth:`flush`: no other is booked, which saves the loop a pass.

        That pass would come before the router gets the processor that they share.
        """
        self._booked = True

    def flush(self) -> None:
        """Send what is at hand; a source that knows its pass is over saves the loop another."""
        self._booked = False
        frames: list[bytes] = []
        for kind, batches in ((TRADE, self._trades), (TICK, self._ticks)):
            for symbol, records in batches.items():
                name = topic(kind, symbol)
                self._last[name] = records[-1]
                frames.append(self._framed(name, records, 0))
            batches.clear()
        if frames:
            self._write(frames)

    def _framed(self, name: bytes, records: list[Record], flags: int) -> bytes:
        if records[-1].simulated:
            flags |= _SIMULATED
        return self._numbered(name, encode_payload(records), len(records), flags)

    def _numbered(self, name: bytes, payload: bytes, count: int, flags: int) -> bytes:
        self.sent += 1
        return hop.data_frame(name, payload, count, flags, self.sent)

    def _write(self, frames: list[bytes]) -> None:
        # What is not taken is dropped; the numbers in the frames tell the router.
        if self._socket is None or not self._socket.send(b"".join(frames)):
            self.dropped += len(frames)

    # -- instructions -------------------------------------------------------------------

    def _tell(self, message: hop.FromWorker) -> None:
        if self._socket is not None and not self._socket.send(hop.control_frame(message)):
            # The router does not read: it will find this worker silent, and so it is.
            logger.warning("{}: a word to the router was not taken", self.name)

    def _hello(self) -> None:
        source = self._source
        if source is None or self._leaving:
            return
        self._tell(
            hop.WorkerHello(
                worker=self.name,
                incarnation=self.incarnation,
                source=source.name,
                capacity=self.capacity,
                opening=self.opening,
                pid=os.getpid(),
                sent=self.sent,
                reports=source.reports(),
            )
        )

    def _beat(self) -> None:
        source = self._source
        if source is None:
            return
        self.flush()
        self._tell(
            hop.Beat(
                worker=self.name,
                incarnation=self.incarnation,
                sent=self.sent,
                reports=source.reports(),
                detail={"sent": self.sent, "dropped": self.dropped, **source.describe()},
            )
        )

    def _on_frames(self, _socket: HopSocket, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, bytes):
                self._on_instruction(hop.decode_to_worker(frame))

    def _on_instruction(self, instruction: hop.ToWorker) -> None:
        source = None if self._leaving else self._source
        match instruction:
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
        images = [self._framed(name, [one], _IMAGE) for name, one in self._last.items()]
        if images:
            self._write(images)

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = self._loop.create_task(work, name=name)
        self._jobs.add(task)

    def _raise_failed_jobs(self) -> None:
        for task in [task for task in self._jobs if task.done()]:
            self._jobs.discard(task)
            task.result()
