"""Whole daemons in their own processes, on the simulated market, with a real Chromium."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cryptostream.app.daemon import Daemon
from cryptostream.errors import CryptoStreamError
from cryptostream.records import Status, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptostream.client.blocking import Client

# Nothing here takes long on a quiet machine; a busy one gets its time.
PATIENCE = 40.0


@dataclass
class Market:
    """A running daemon with its simulated market, and what tests do to it."""

    daemon: Daemon

    @property
    def sim_url(self) -> str:
        sim = self.daemon.config.sim
        return f"http://{sim.host}:{sim.port}"

    def client(self) -> Client:
        return self.daemon.connect()

    def set_fault(self, name: str, symbol: str = "*", **parameters: Any) -> None:
        self._call("POST", json.dumps({"name": name, "symbol": symbol, **parameters}).encode())

    def clear_faults(self) -> None:
        self._call("DELETE", None)

    def _call(self, method: str, body: bytes | None) -> None:
        request = urllib.request.Request(  # noqa: S310 - our own server on this machine
            f"{self.sim_url}/faults",
            data=body,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            response.read()

    def pid(self, child: str) -> int:
        found = {one.name: one.pid for one in self.daemon.children()}[child]
        assert found is not None
        return found

    def kill(self, child: str) -> int:
        pid = self.pid(child)
        os.kill(pid, signal.SIGKILL)
        return pid

    def chromium(self, child: str = "browser-0") -> int:
        """Return the main process of the Chromium below a browser process."""
        return self.chromiums(child)[0]

    def chromiums(self, child: str = "browser-0") -> list[int]:
        """Return the main processes of all Chromiums below a browser process."""
        return [
            pid
            for pid in descendants(self.pid(child))
            if b"--type=" not in (line := cmdline(pid)) and b"--remote-debugging-pipe" in line
        ]

    def renderers(self, child: str = "browser-0") -> list[int]:
        return [p for p in descendants(self.pid(child)) if b"--type=renderer" in cmdline(p)]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def descendants(root: int) -> list[int]:
    """Return all processes below one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found: list[int] = []
    queue = [root]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def settings_for(ports: list[int], name: str, **more: object) -> dict[str, object]:
    """Return settings of a daemon that shares nothing with another on this machine."""
    return {
        "instance": name,
        "router.control": f"tcp://127.0.0.1:{ports[0]}",
        "router.data": f"tcp://127.0.0.1:{ports[1]}",
        "sim.port": ports[2],
        "sim.heavy": False,
        "gateway.enabled": False,
        "router.lease": 3.0,
        "router.linger": 1.0,
        "reconciler.first_backoff": 0.1,
        # One source, so that what happens to it is seen; failover has tests of its own.
        "sources.order": ["tradingview"],
        **{key.replace("__", "."): value for key, value in more.items()},
    }


def _starter(ports: Callable[[int], list[int]], place: Path) -> Iterator[Callable[..., Market]]:
    started: list[Daemon] = []

    def begin(**settings: object) -> Market:
        found = ports(3)
        given = settings_for(found, f"t{found[0]}", runtime_dir=str(place), **settings)
        daemon = Daemon(given, simulated=True)
        started.append(daemon)
        daemon.start()
        return Market(daemon)

    yield begin
    for daemon in started:
        daemon.stop()


@pytest.fixture
def start(
    require_browser: object, free_ports: Callable[[int], list[int]], tmp_path: Path
) -> Iterator[Callable[..., Market]]:
    """Return a function that starts a daemon of the test's own."""
    yield from _starter(free_ports, tmp_path)


@pytest.fixture(scope="module")
def start_shared(
    require_browser: object,
    free_ports: Callable[[int], list[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Market]]:
    """Return a function that starts a daemon for all tests of a module."""
    yield from _starter(free_ports, tmp_path_factory.mktemp("run"))


def next_item(
    cs: Client,
    wanted: Callable[[Any], bool],
    also: Callable[[Any], object] = lambda _item: None,
    within: float = PATIENCE,
) -> Any:
    """Return the next item that is wanted; the test fails when it does not come in time.

    ``also`` is called with every item on the way.
    """
    deadline = time.monotonic() + within
    seen: list[str] = []
    for item in cs.events(within):
        also(item)
        if wanted(item):
            return item
        if not isinstance(item, Tick):
            seen.append(repr(item)[:200])
        if time.monotonic() > deadline:
            break
    pytest.fail(f"it did not come within {within:.0f} s; last: {seen[-6:]}")


def tick_of(symbol: str) -> Callable[[Any], bool]:
    return lambda item: isinstance(item, Tick) and item.symbol.endswith(f":{symbol}")


def status_of(symbol: str, **fields: object) -> Callable[[Any], bool]:
    def wanted(item: Any) -> bool:
        return (
            isinstance(item, Status)
            and item.symbol.endswith(f":{symbol}")
            and all(getattr(item, name) == value for name, value in fields.items())
        )

    return wanted


def answered(cs: Client) -> dict[str, Any]:
    """Return the daemon's status, nothing while it does not answer."""
    try:
        return cs.daemon_status()
    except CryptoStreamError:
        return {}


def eventually(happened: Callable[[], bool], within: float = PATIENCE) -> None:
    """Wait for something that only asking can tell, with a deadline."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen within {within:.0f} s")
        pause.wait(0.05)
