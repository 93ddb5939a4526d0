"""Many WebSocket viewers of the gateway, beside the usual design for the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import procfs
from bench.helper import Helper
from bench.rows import Bar, Row
from bench.world import SYMBOLS, free_ports
from cryptostream.app.daemon import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "gateway"
VIEWERS = 500
TICKERS = 50
RATE = 20
INTERVALS = (0, 100, 1000)
# The usual design takes no more than so many before it falls behind; the cost of a tick is that
# of a server that keeps up.
PEER_VIEWERS = 20
# Until all viewers are served evenly (s).
_WARM = 5.0


class Found(NamedTuple):
    """What a server did in a window."""

    cost: float  # us of CPU a delivered tick
    rate: float
    memory: list[float]
    seen: dict[str, int]

    @property
    def cores(self) -> float:
        """How many cores it took."""
        return self.cost * self.rate / 1e6


def run(*, quick: bool) -> list[Row]:
    """Measure our gateway, then the other."""
    seconds = 8.0 if quick else 60.0
    with _ours() as (viewers, pid):
        ours = _measure(viewers, [pid], seconds)
    if shutil.which("redis-server") is None:
        return [*_rows(ours, None, seconds), Row(name=NAME, error="apt-get install redis-server")]
    with _theirs() as (viewers, pids):
        theirs = _measure(viewers, pids, min(seconds, 10.0))
    return _rows(ours, theirs, seconds)


def _rows(ours: Found, theirs: Found | None, seconds: float) -> list[Row]:
    other = theirs.cost if theirs is not None else None
    return [
        Row(
            name=f"gateway: CPU a delivered tick, {VIEWERS} viewers",
            ours=ours.cost,
            other=other,
            unit="us",
            bar=Bar("ours", "<=", 2.0),
            note=f"{TICKERS} tickers x {RATE}/s, intervals {INTERVALS} ms mixed, {seconds:.0f} s; "
            f"{ours.rate:,.0f} ticks/s delivered; other: FastAPI fed by Redis Pub/Sub, one JSON "
            f"message a tick, {PEER_VIEWERS} viewers, Redis counted",
        ),
        Row(
            name="gateway: viewers a core",
            ours=VIEWERS / ours.cores,
            other=None if theirs is None else PEER_VIEWERS / theirs.cores,
            unit="viewers",
            bar=Bar("ratio", ">=", 5.0),
            note="each of the same 50 tickers; the usual design knows no intervals and sends "
            "every tick" + ("" if theirs is None else f", {theirs.rate:,.0f}/s delivered"),
        ),
        Row(
            name="gateway: records lost without a word",
            ours=float(ours.seen["holes"]),
            unit="",
            bar=Bar("ours", "<=", 0.0),
            note=f"checked by one viewer of eight; {ours.seen['told']} told as gaps; "
            f"{ours.seen['ended']} viewers closed",
        ),
        Row(
            name="gateway: memory at the end",
            ours=ours.memory[-1],
            other=ours.memory[0],
            unit="MiB",
            bar=Bar("ratio", "<=", 1.1),
            note="other: the same half-way, when the 512 records that each ring keeps are there",
        ),
    ]


def _measure(viewers: Helper, pids: list[int], seconds: float) -> Found:
    time.sleep(_WARM)
    before, cpu = viewers.ask("found"), procfs.cpu_seconds(pids)
    began = time.perf_counter()
    # The rings take 512 records of each ticker, which is 26 s.
    time.sleep(seconds / 2)
    memory = [procfs.memory_mib(pids)]
    time.sleep(seconds / 2)
    after, used = viewers.ask("found"), procfs.spent(cpu, procfs.cpu_seconds(pids))
    took = time.perf_counter() - began
    memory.append(procfs.memory_mib(pids))
    ticks = after["ticks"] - before["ticks"]
    return Found(1e6 * used / max(1, ticks), ticks / took, memory, after)


@contextmanager
def _ours() -> Iterator[tuple[Helper, int]]:
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-"))
        control, data, sim, http = free_ports(4)
        settings: dict[str, Any] = {
            "runtime_dir": place,
            "router.control": f"tcp://127.0.0.1:{control}",
            "router.data": f"tcp://127.0.0.1:{data}",
            "sim.port": sim,
            "sim.market": "random",
            "sim.rate": RATE,
            "gateway.port": http,
            "gateway.max_viewers": 2 * VIEWERS,
            "gateway.max_viewers_per_address": 2 * VIEWERS,
            "browsers.start": 0,
            "sources.order": ["binance"],
            "sources.binance.trades": True,
            "sources.binance.book": False,
            "logs.level": "ERROR",
        }
        daemon = stack.enter_context(Daemon(settings, simulated=True))
        pid = next(
            child.pid
            for child in daemon.children()
            if child.name.endswith("gateway") and child.pid is not None
        )
        viewers = stack.enter_context(Helper("bench.viewers"))
        openings = [
            json.dumps(
                {"op": "subscribe", "id": 1, "tickers": SYMBOLS[:TICKERS], "interval_ms": ms}
            )
            for ms in INTERVALS
        ]
        url = f"ws://127.0.0.1:{http}/v1/stream"
        viewers.ask("connect", url=url, count=VIEWERS, openings=openings)
        yield viewers, pid


@contextmanager
def _theirs() -> Iterator[tuple[Helper, list[int]]]:
    with ExitStack() as stack:
        http, redis_port = free_ports(2)

        def begin(*command: str) -> int:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process.pid

        redis = begin("redis-server", "--port", str(redis_port), "--save", "", "--appendonly", "no")
        time.sleep(0.5)
        peer = (sys.executable, "-m", "bench.peer_fastapi")
        server = begin(*peer, "serve", str(http), str(redis_port))
        time.sleep(2.0)
        begin(*peer, "publish", str(redis_port), str(TICKERS), str(RATE))
        viewers = stack.enter_context(Helper("bench.viewers"))
        url = f"ws://127.0.0.1:{http}/ws"
        viewers.ask("connect", url=url, count=PEER_VIEWERS, openings=[""], check=False)
        yield viewers, [server, redis]
