"""Trades and book tops of one exchange to a program in another process, beside two peers.

All sides read the same bytes from the same server. Processor time is that of all processes of
a side, so that it does not matter over how many a side spreads its work.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import procfs
from bench.counter import Counter
from bench.helper import Helper
from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.world import free_ports
from cryptostream.app.daemon import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "ingest"
SYMBOLS = 10
RATE = 5_000
# Messages under way at once, for the sides that have a program at the far end: enough for
# them to batch, and less than any of their queues holds.
WINDOW = 4_000
FULL = 50_000
MANY = 1_000
# What a side may take to come up and subscribe (s).
_UP_WITHIN = 30.0


class Side(NamedTuple):
    """One side: its processes, and the program that reads at its end, if it has one."""

    firehose: Helper
    pids: list[int]
    counter: Counter
    sink: Helper | None = None
    feeds: list[int] | None = None  # the feeds process alone

    def cpu(self, pids: list[int] | None = None) -> float:
        """Return the processor seconds used so far."""
        return sum(procfs.cpu_seconds(procfs.tree(*(pids or self.pids))).values())

    def records(self) -> int:
        """Return how many messages have been taken at the end of this side."""
        if self.sink is None:
            return self.counter.value()
        return int(self.sink.ask("count")["records"])


class Found(NamedTuple):
    """What a side did in the flood: messages/s, per core, and per core of its feeds process."""

    rate: float
    per_core: float
    feeds: float


def run(*, quick: bool) -> list[Row]:
    """Measure floods and latencies, alternating the sides."""
    rounds, seconds = (1, 2.0) if quick else (3, 3.0)
    floods: dict[str, list[Found]] = {"ours": [], "zmq": [], "callback": [], "ccxt": []}
    ways = {"ours": _ours, "zmq": _zmq, "callback": _callback, "ccxt": _ccxt}
    latencies: dict[str, list[list[float]]] = {"ours": [], "zmq": []}
    for _ in range(rounds):
        for way, found in floods.items():
            with ways[way]() as side:
                if way in latencies:
                    latencies[way].append(_latencies(side, seconds))
                found.append(_flood(side, seconds))
    rows = _flood_rows(floods)
    rows += _latency_rows(latencies)
    return [*rows, _nothing_dropped(seconds), _many_tickers()]


# -- the sides ----------------------------------------------------------------------------


@contextmanager
def _stage(symbols: int) -> Iterator[tuple[ExitStack, Helper, str, str]]:
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-"))
        counter = str(Path(place) / "counter")
        firehose = stack.enter_context(Helper("bench.firehose", counter, str(symbols)))
        yield stack, firehose, counter, place


@contextmanager
def _ours(symbols: int = SYMBOLS) -> Iterator[Side]:
    with _stage(symbols) as (stack, firehose, counter, place):
        control, data = free_ports(2)
        port = firehose.ask("port")
        settings: dict[str, Any] = {
            "runtime_dir": place,
            "router.control": f"tcp://127.0.0.1:{control}",
            "router.data": f"tcp://127.0.0.1:{data}",
            "router.max_tickers_per_client": 2 * MANY,
            "browsers.start": 0,
            "directory.enabled": False,
            "gateway.enabled": False,
            "logs.level": "ERROR",
            "sources.order": ["binance"],
            "sources.coingecko.enabled": False,
            "sources.ccxt.enabled": False,
            "sources.binance.stream_url": f"ws://127.0.0.1:{port}",
            "sources.binance.rest_url": f"http://127.0.0.1:{port}",
            "sources.binance.day": "off",
        }
        daemon = stack.enter_context(Daemon(settings))
        pids = {child.name: child.pid for child in daemon.children() if child.pid is not None}
        sink = stack.enter_context(
            Helper("bench.sink", "ours", counter, daemon.control, daemon.data, str(symbols))
        )
        feeds = [pid for name, pid in pids.items() if name.endswith("feeds")]
        _await_lines(firehose, 1)
        yield Side(firehose, [*pids.values(), sink.pid], Counter(counter), sink, feeds)


@contextmanager
def _peer(way: str, *, sink_port: int = 0) -> Iterator[Side]:
    with _stage(SYMBOLS) as (stack, firehose, counter, _place):
        port, pids = str(firehose.ask("port")), []
        sink = None
        if sink_port:
            sink = stack.enter_context(Helper("bench.sink", "zmq", counter, str(sink_port)))
            pids.append(sink.pid)
        module = "bench.peer_ccxt" if way == "ccxt" else "bench.peer_cryptofeed"
        arguments = [port, str(SYMBOLS), counter]
        arguments += [] if way == "ccxt" else [way, str(sink_port)]
        peer = subprocess.Popen([sys.executable, "-m", module, *arguments])
        stack.callback(peer.wait)
        stack.callback(peer.kill)
        _await_lines(firehose, 2 if way == "ccxt" else 1)
        yield Side(firehose, [*pids, peer.pid], Counter(counter), sink)


@contextmanager
def _zmq() -> Iterator[Side]:
    with _peer("zmq", sink_port=free_ports(1)[0]) as side:
        yield side


@contextmanager
def _callback() -> Iterator[Side]:
    with _peer("callback") as side:
        yield side


@contextmanager
def _ccxt() -> Iterator[Side]:
    with _peer("ccxt") as side:
        yield side


def _await_lines(firehose: Helper, count: int) -> None:
    until = time.monotonic() + _UP_WITHIN
    while firehose.ask("connections") < count:
        if time.monotonic() > until:
            raise TimeoutError("a side did not subscribe")
        time.sleep(0.05)
    time.sleep(1.0)  # the rest of its streams, and its first looks around


# -- what is measured ---------------------------------------------------------------------


def _flood(side: Side, seconds: float) -> Found:
    side.firehose.ask("flood", window=WINDOW if side.sink is not None else 0)
    time.sleep(0.5)
    before, cpu, began = side.records(), side.cpu(), time.perf_counter()
    feeds = side.cpu(side.feeds)
    time.sleep(seconds)
    count, used = side.records() - before, side.cpu() - cpu
    took, fed = time.perf_counter() - began, side.cpu(side.feeds) - feeds
    side.firehose.ask("stop")
    return Found(count / took, count / used, count / fed)


def _latencies(side: Side, seconds: float) -> list[float]:
    """Return for each trade the time from its writing to the program, in ms."""
    if side.sink is None:
        return []
    side.firehose.ask("pace", rate=RATE)
    time.sleep(0.5)
    side.sink.ask("note", on=True)
    time.sleep(seconds)
    side.sink.ask("note", on=False)
    side.firehose.ask("stop")
    sent, seen = side.firehose.ask("stamps"), side.sink.ask("seen")
    return [(at - sent[key]) / 1e6 for key, at in seen.items() if key in sent]


def _flood_rows(floods: dict[str, list[Found]]) -> list[Row]:
    best = {way: median([one.per_core for one in found]) for way, found in floods.items()}
    rate = median([one.rate for one in floods["ours"]])
    feeds = median([one.feeds for one in floods["ours"]])
    unit = "/s per core"
    what = f"{SYMBOLS} tickers, half trades and half book tops"
    return [
        Row(
            name="ingest: messages to a program",
            ours=best["ours"],
            other=best["zmq"],
            unit=unit,
            bar=Bar("ratio", ">=", 2.0),
            note=f"other: cryptofeed with its ZMQ backend; {what}; every record decoded; ours "
            f"took {rate:,.0f}/s; a trade is a trade and a tick",
        ),
        Row(
            name="ingest: against ccxt.pro",
            ours=best["ours"],
            other=best["ccxt"],
            unit=unit,
            bar=Bar("ratio", ">=", 3.0),
            note="other: its watch loop alone, without a program behind it",
        ),
        Row(
            name="ingest: feeds process alone",
            ours=feeds,
            other=best["callback"],
            unit=unit,
            bar=Bar("ratio", ">=", 2.0),
            note="other: cryptofeed into a bare callback; ours writes the records to the router",
        ),
    ]


def _latency_rows(latencies: dict[str, list[list[float]]]) -> list[Row]:
    found = {
        share: {
            way: median([percentile(one, share) for one in rounds])
            for way, rounds in latencies.items()
        }
        for share in (50, 99)
    }
    bars = {50: Bar("ours", "<=", 0.6), 99: None}
    return [
        Row(
            name=f"ingest: socket to program at {RATE:,}/s: p{share}",
            ours=found[share]["ours"],
            other=found[share]["zmq"],
            unit="ms",
            bar=bars[share],
            note="other: cryptofeed with its ZMQ backend",
        )
        for share in (50, 99)
    ]


def _nothing_dropped(seconds: float) -> Row:
    with _ours() as side:
        if side.sink is None:
            raise RuntimeError("no program reads")
        before, sent = side.sink.ask("count"), side.firehose.ask("sent")
        # Every second message is a trade.
        side.firehose.ask("pace", rate=2 * FULL)
        time.sleep(2 * seconds)
        total = side.firehose.ask("stop") - sent
        until = time.monotonic() + 5.0
        after = side.sink.ask("count")
        while after["records"] - before["records"] < total and time.monotonic() < until:
            time.sleep(0.1)
            after = side.sink.ask("count")
    lost = total - (after["records"] - before["records"])
    trades = (after["trades"] - before["trades"]) / (2 * seconds)
    return Row(
        name="ingest: lost at 50,000 trades/s",
        ours=float(lost),
        unit="messages",
        bar=Bar("ours", "<=", 0.0),
        note=f"{total:,} messages in {2 * seconds:.0f} s, {trades:,.0f} trades/s and as many book "
        f"tops; {after['gaps'] - before['gaps']} gaps",
    )


def _many_tickers() -> Row:
    with _ours(MANY) as side:
        side.firehose.ask("pace", rate=RATE)
        time.sleep(3.0)
        used = procfs.memory_mib(procfs.tree(*(side.feeds or [])))
        side.firehose.ask("stop")
    return Row(
        name=f"ingest: memory of the feeds process, {MANY:,} tickers",
        ours=used,
        unit="MiB",
        bar=Bar("ours", "<=", 250.0),
        note=f"all streams of each, {RATE:,} messages/s over them",
    )
