"""The root's ledger: how each process is and what went wrong, kept where the router reads it."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream import procfs
from cryptostream.process_tree import Process, ProcessFault, ProcessTree, write_tree
from supervisors.events import What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from supervisors.branch import ChildStatus
    from supervisors.events import Event

# Memory changes without an event: it is looked at so often (s).
LOOK = 10.0
# A process that fails again and again gives many events; one look serves them all (s).
PAUSE = 0.5
# Faults that are kept; the oldest gives way.
KEPT = 100
FAULTS = frozenset(
    {What.FAILED, What.LATE, What.HUNG, What.KILLED, What.ABANDONED, What.ESCALATED, What.REAPED}
)
# Events that say nothing about how a process is.
_IDLE = frozenset({What.OUTPUT, What.REPORT})
_NS = 1_000_000_000


class Ledger:
    """Writes down the tree after each event, and now and then; lives in the root's loop."""

    def __init__(self, place: Path, children: Callable[[], Iterable[ChildStatus]]) -> None:
        self._place = place
        self._children = children
        self._faults: deque[ProcessFault] = deque(maxlen=KEPT)
        self._changed = asyncio.Event()
        self._writable = True
        self._began = time.monotonic()

    def hear(self, event: Event) -> None:
        """Take note of what happened to a process."""
        if event.what in _IDLE:
            return
        if event.what in FAULTS:
            self._faults.append(fault_of(event, time.time_ns()))
        self._changed.set()

    async def run(self) -> None:
        """Keep the file up to date until cancelled."""
        while True:
            self._changed.clear()
            rows, faults = list(self._children()), tuple(self._faults)
            await asyncio.to_thread(self._write, rows, faults)
            await asyncio.sleep(PAUSE)
            try:
                async with asyncio.timeout(LOOK):
                    await self._changed.wait()
            except TimeoutError:
                # Nothing happened; the memory may have changed all the same.
                continue

    def _write(self, rows: list[ChildStatus], faults: tuple[ProcessFault, ...]) -> None:
        try:
            write_tree(self._place, self._tree(rows, faults))
        except OSError as error:
            # Prices do not depend on it; said once until it works again.
            if self._writable:
                logger.warning("cannot note how the processes are: {}", error)
            self._writable = False
        else:
            self._writable = True

    def _tree(self, rows: list[ChildStatus], faults: tuple[ProcessFault, ...]) -> ProcessTree:
        now, now_ns, pid = time.monotonic(), time.time_ns(), os.getpid()
        known = procfs.parents()
        processes = [process_of(row, now, now_ns, known) for row in rows]
        began = now_ns - int((now - self._began) * _NS)
        # Its share is its own alone: what runs below it is listed.
        memory = procfs.memory([pid]) or None
        root = Process("root", "running", pid, 0, "", began, memory=memory, processes=1)
        return ProcessTree(ts=now_ns, pid=pid, processes=(root, *processes), faults=faults)


def process_of(row: ChildStatus, now: float, now_ns: int, parents: dict[int, int]) -> Process:
    """Return how a child is. ``now`` is the supervisor's clock in s, ``now_ns`` Unix time."""
    below = set() if row.pid is None else procfs.descendants([row.pid], parents)
    return Process(
        name=row.name,
        state=row.state,
        pid=row.pid,
        restarts=row.restarts,
        last_error=row.last_error,
        since=now_ns - int((now - row.since) * _NS),
        memory=procfs.memory(below) or None,
        processes=len(below),
    )


def fault_of(event: Event, now_ns: int) -> ProcessFault:
    """Return a fault in the words of its event."""
    facts = " ".join(
        f"{key}={value}" for key, value in event.detail.items() if key != "trace" and value != ""
    )
    return ProcessFault(now_ns, event.child, str(event.what), facts)
