"""A whole daemon on the simulated market, with the door before its pages and a consumer."""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from bench import procfs
from bench.front import Front
from bench.helper import Helper
from bench.paints import read_paints
from bench.stats import Change, Delivery, deliver
from cryptostream.app.daemon import Daemon
from cryptostream.sim.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SYMBOLS = tuple(one.symbol for one in INSTRUMENTS.values() if one.trading)
# What is late is not lost: a window's end waits until a price seen after it is there (s).
_LATE = 8.0


class World:
    """A daemon that serves, its door and its listener."""

    def __init__(self, daemon: Daemon, front: Front, listener: Helper, debug_port: int) -> None:
        self.daemon = daemon
        self.front = front
        self.listener = listener
        self.clock_ahead = 0.0
        # Of the last window, in ms: from our observer to the tape, from there to the program.
        self.hops: list[tuple[float, float]] = []
        self._debug_port = debug_port

    def pid(self, child: str) -> int:
        """Return the process of one of the daemon's children."""
        for status in self.daemon.children():
            if status.name.endswith(child) and status.pid is not None:
                return status.pid
        raise LookupError(f"the daemon has no child {child}")

    def processes(self) -> set[int]:
        """Return all that carries a price to the consumer: router, browser, listener."""
        return procfs.tree(self.pid("router"), self.pid("browser-0"), self.listener.pid)

    def browser(self) -> set[int]:
        """Return the processes of the browser itself, without Python and Playwright's driver."""
        under = procfs.tree(self.pid("browser-0"))
        return {pid for pid in under if "--type=" in procfs.command(pid) or _is_browser(pid)}

    def open(self, symbols: Sequence[str], within: float = 40.0) -> None:
        """Follow symbols and wait for a fresh price of each."""
        now = time.time_ns()
        self.listener.ask("subscribe", tickers=list(symbols))
        self.listener.ask("fresh", tickers=list(symbols), after=now, within=within)

    def close(self, symbols: Sequence[str]) -> None:
        """Follow them no more and wait until their pages are closed."""
        self.listener.ask("unsubscribe", tickers=list(symbols))
        self.listener.ask("idle", within=15.0)

    def delivery(self, symbols: Sequence[str], seconds: float) -> dict[str, Delivery]:
        """Watch for so many seconds; return what became of each symbol's changes."""
        self.listener.ask("take")
        self.hops = []
        start = time.time_ns()
        time.sleep(seconds)
        end = time.time_ns()
        # Prices of a symbol come in order, so with a later one all earlier ones are there.
        self.listener.ask("fresh", tickers=list(symbols), after=end, within=_LATE)
        received: dict[str, list[Change]] = {symbol: [] for symbol in symbols}
        for symbol, price, at, observed, published in self.listener.ask("take"):
            if symbol in received:
                received[symbol].append(Change(price, at))
                self.hops.append(((published - observed) / 1e6, (at - published) / 1e6))
        painted, self.clock_ahead = read_paints(self._debug_port)
        return {s: deliver(painted.get(s, []), received[s], start, end) for s in symbols}


@contextmanager
def world(
    query: Mapping[str, str] | None = None, settings: Mapping[str, object] | None = None
) -> Iterator[World]:
    """Start a daemon with its own simulated market; end everything, whatever happens."""
    control, data, sim, door, debug = free_ports(5)
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-"))
        front = stack.enter_context(Front(f"http://127.0.0.1:{sim}", door))
        front.query = dict(query or {})
        given: dict[str, Any] = {
            "runtime_dir": place,
            "router.control": f"tcp://127.0.0.1:{control}",
            "router.data": f"tcp://127.0.0.1:{data}",
            # A page whose last consumer has left is closed at once: the next one begins anew.
            "router.linger": 0.0,
            "sim.port": sim,
            "gateway.enabled": False,
            "sources.tradingview.base_url": front.url,
            "browsers.headless": "true",
            "browsers.extra_args": [f"--remote-debugging-port={debug}"],
            "logs.level": "ERROR",
        }
        daemon = stack.enter_context(Daemon({**given, **(settings or {})}, simulated=True))
        listener = stack.enter_context(Helper("bench.listener", daemon.control, daemon.data))
        yield World(daemon, front, listener, debug)


def free_ports(count: int) -> list[int]:
    """Return so many different ports of the loopback address that nobody listens on."""
    # All are held open until the last is found, so that none is given twice.
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _is_browser(pid: int) -> bool:
    return "--remote-debugging-p" in procfs.command(pid)
