"""The nets of the test run, and what several tests need."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings

from cryptostream.config import load
from cryptostream.errors import StartError
from cryptostream.sources.tradingview import chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A busy machine is no failure of a property.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

PROC = Path("/proc")
# Every process that a test starts inherits this variable, wherever it ends up in the tree.
MARK_VARIABLE = "CS_TEST_MARK"
# How long what a test started may take to go away after it; s.
LAST_WORDS = 5.0
# Helpers of Python's own that live as long as the test run, by a part of their command line.
LONG_LIVED = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


@pytest.fixture(autouse=True)
def no_blocking_calls_in_the_event_loop() -> Iterator[None]:
    """Make a blocking call of our own code inside a running event loop raise.

    Only stacks that pass through our packages count: what a test itself reads from a file while
    its loop runs delays nobody.
    """
    with blockbuster_ctx(["cryptostream", "supervisors"]) as net:
        for function in ("io.TextIOWrapper.write", "io.BufferedWriter.write"):
            # A log line is short and goes to a pipe or file of our own; the alternative, a queue
            # shared between processes, hangs for good when one of them is killed.
            net.functions[function].can_block_in("cryptostream/logs.py", {"pass_on"})
        for function in ("io.BufferedReader.read", "os.read"):
            # A page of memory that somebody asked to see; a thread for it would wake beside prices.
            net.functions[function].can_block_in("cryptostream/process_tree.py", {"read_tree"})
        yield


@pytest.fixture
def no_orphans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test when a process that it started outlives it; such a process is killed."""
    if not PROC.joinpath("self", "environ").exists():
        # Without /proc nobody can tell whose child an orphan was.
        yield
        return
    mark = f"{MARK_VARIABLE}={uuid.uuid4().hex}"
    monkeypatch.setenv(*mark.split("=", 1))
    yield
    left = _still_there(mark, LAST_WORDS)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if left:
        listing = "; ".join(f"{pid}: {command}" for pid, command in left.items())
        pytest.fail(f"processes outlived the test (now killed): {listing}")


@pytest.fixture(scope="session")
def require_browser() -> chromium.Browser:
    """Return the browser to test with; without one skip at home, and fail in CI."""
    try:
        return chromium.find_browser(
            load().config.browsers.path,
            exists=Path.exists,
            which=shutil.which,
            playwright_path=chromium.playwright_executable(),
        )
    except StartError as error:
        if os.environ.get("CI"):
            pytest.fail(error.line())
        pytest.skip(error.line())


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """Return a function that finds so many different free ports on the loopback address."""
    return _free_ports


@pytest.fixture
def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    return _free_ports(1)[0]


def _free_ports(count: int) -> list[int]:
    # All are held open until the last is found, so that none is given twice.
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _still_there(mark: str, patience: float) -> dict[int, str]:
    """Wait up to ``patience`` seconds for all marked processes; return pid and command line."""
    left = _marked(mark)
    with ExitStack() as held:
        waiting = select.poll()
        count = 0
        for pid in left:
            with suppress(ProcessLookupError):
                descriptor = os.pidfd_open(pid)
                held.callback(os.close, descriptor)
                waiting.register(descriptor, select.POLLIN)
                count += 1
        while count:
            ended = waiting.poll(patience * 1000)
            if not ended:
                break
            for descriptor, _ in ended:
                waiting.unregister(descriptor)
            count -= len(ended)
    return _marked(mark)


def _marked(mark: str) -> dict[int, str]:
    """Return the running processes that carry the mark, and their descendants."""
    running = {int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()}
    running.discard(os.getpid())
    parents = {pid: parent for pid in running if (parent := _parent(pid)) is not None}
    found = {pid for pid in parents if mark.encode() in _read(pid, "environ").split(b"\0")}
    # Chromium overwrites the environment of its helpers: those are known by their parent.
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    commands = {
        pid: _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")[:200].strip()
        for pid in sorted(found)
    }
    return {
        pid: command
        for pid, command in commands.items()
        if not any(known in command for known in LONG_LIVED)
    }


def _parent(pid: int) -> int | None:
    """Return the parent of a running process; None for one that has ended (a zombie, too)."""
    # "pid (command) state parent ...", and the command may hold blanks and parentheses.
    state, parent, *_ = _read(pid, "stat").rpartition(b")")[2].split() or (b"X", b"0")
    return None if state in b"ZX" else int(parent)


def _read(pid: int, name: str) -> bytes:
    try:
        return PROC.joinpath(str(pid), name).read_bytes()
    except OSError:
        # It ended meanwhile, or belongs to another user: not one of ours.
        return b""
