"""The first thing that runs in a child process: ``python -m supervisors.boot <fd> <path>``.

Ties the process to its parent, reads what to run, imports it, runs it in an event loop and tells
the parent what becomes of it. The second argument is for the process list only.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
import threading
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from supervisors.control import decode, encode, encode_failure
from supervisors.failure import describe
from supervisors.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supervisors.spec import Target

# prctl(2): the signal the kernel sends when the thread that started this process ends.
_PR_SET_PDEATHSIG = 1
# Lines that may wait for a parent that does not read; beats and reports beyond it are dropped.
_QUEUE = 1000
# Seconds to wait for the last lines to be written.
_FLUSH_WITHIN = 1.0


def die_with_parent() -> None:
    """Ask the kernel to kill this process with its parent (Linux only).

    If the parent died before, nothing comes: then the control channel is at its end already,
    and the parent named in its first line is not ours.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Uplink:
    """Lines to the parent, written by a thread: a parent that does not read stops nobody here."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lines: deque[bytes] = deque()
        self._news = threading.Condition()
        self._closing = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._write, name="uplink", daemon=True)
        self._thread.start()

    def send(self, line: bytes, *, droppable: bool = False) -> None:
        """Queue a line; when too many wait, a droppable one is dropped and counted.

        The others are at most three in a life (ready, error or bye), so the queue stays bounded.
        """
        with self._news:
            if droppable and len(self._lines) >= _QUEUE:
                self.dropped += 1
                return
            self._lines.append(line)
            self._news.notify()

    def close(self) -> None:
        """Write what waits, for a short while at most."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(_FLUSH_WITHIN)

    def _write(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._lines or self._closing)
                if not self._lines:
                    return
                line = self._lines.popleft()
            try:
                self._channel.sendall(line)
            except OSError:  # the parent is gone; the other thread acts on it
                return


class Downlink:
    """Lines from the parent, read by a thread, so that its end is noticed even while we block."""

    def __init__(self, channel: socket.socket) -> None:
        self._lines = channel.makefile("rb")
        self._lock = threading.Lock()
        self._asked = False
        self._on_stop: Callable[[], None] | None = None

    def begin(self) -> dict[str, Any]:
        """Read the first line; end here when there is none or it is of another parent."""
        line = self._lines.readline()
        fields = decode(line)[1] if line else {}
        if fields.get("parent") != os.getppid():
            perish()
        return fields

    def watch(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._read, name="downlink", daemon=True).start()

    def on_stop(self, act: Callable[[], None]) -> None:
        """Have ``act`` called, in any thread, when the parent asks us to stop or has already."""
        with self._lock:
            self._on_stop = act
            asked = self._asked
        if asked:
            act()

    def _read(self) -> None:
        while line := self._lines.readline():
            if decode(line)[0] == "stop":
                with self._lock:
                    self._asked = True
                    act = self._on_stop
                if act is not None:
                    act()
        perish()


def perish() -> None:
    """End this process and its group at once: nobody supervises it any more."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


class RemoteChild:
    """The ``Child`` of a process: what it says goes up the control channel."""

    def __init__(self, name: str, uplink: Uplink) -> None:
        self.name = name
        self.stopping = asyncio.Event()
        self._uplink = uplink
        self._said_ready = False

    def ready(self) -> None:
        """Tell the supervisor."""
        if not self._said_ready:
            self._said_ready = True
            self._uplink.send(encode("ready"))

    def beat(self) -> None:
        """Tell the supervisor; the loop does so anyway when the spec has a heartbeat."""
        self._uplink.send(encode("beat"), droppable=True)

    def report(self, facts: Mapping[str, object]) -> None:
        """Tell the supervisor; BrokenControl when these are no JSON values or too many."""
        self._uplink.send(encode("report", facts=dict(facts)), droppable=True)


async def _beat(child: RemoteChild, interval: float) -> None:
    while True:
        child.beat()
        await asyncio.sleep(interval)


async def _serve(target: Target, begin: dict[str, Any], uplink: Uplink, downlink: Downlink) -> int:
    loop = asyncio.get_running_loop()
    child = RemoteChild(begin["path"], uplink)
    loop.add_signal_handler(signal.SIGTERM, child.stopping.set)
    downlink.on_stop(lambda: _tell_loop(loop, child.stopping))
    beats = None
    if begin["interval"] is not None:
        beats = asyncio.create_task(_beat(child, begin["interval"]))
    try:
        await target(child, **begin["arguments"])
    except BaseException as error:  # noqa: BLE001 - the border: whatever it is, the parent hears it
        return _farewell(error, uplink)
    finally:
        if beats is not None:
            beats.cancel()
    # Said here and not at the very end: what hangs in the loop's own end is then seen as that.
    return _farewell(None, uplink)


def _farewell(error: BaseException | None, uplink: Uplink) -> int:
    """Tell the parent how it ended; return the exit status."""
    status = 1
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    if error is None or (isinstance(error, SystemExit) and status == 0):
        uplink.send(encode("bye"))
        return 0
    failure = describe(error)
    # An error with a code was foreseen and says all in its message; of others the place matters.
    if not failure.code and not isinstance(error, SystemExit):
        traceback.print_exception(error)
    uplink.send(encode_failure(failure))
    return status


def _tell_loop(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(stopping.set)
    except RuntimeError:  # the loop is closed: the child is leaving as it is
        return


def _run(begin: dict[str, Any], uplink: Uplink, downlink: Downlink) -> int:
    try:
        target = resolve(begin["target"])
    except BaseException as error:  # noqa: BLE001 - importing runs foreign code: the same border
        return _farewell(error, uplink)
    return asyncio.run(_serve(target, begin, uplink, downlink))


def main(arguments: list[str]) -> int:
    """Run the child; return its exit status."""
    die_with_parent()
    channel = socket.socket(fileno=int(arguments[0]))
    # Or programs that we start would hold our end of the channel open.
    channel.set_inheritable(False)
    uplink, downlink = Uplink(channel), Downlink(channel)
    begin = downlink.begin()
    downlink.watch()
    status = _run(begin, uplink, downlink)
    uplink.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
