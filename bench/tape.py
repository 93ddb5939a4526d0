"""The tape: a real router between one publisher and one subscriber, three processes."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import procfs
from bench.helper import Helper
from bench.publisher import SYMBOL, TOPIC
from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.world import free_ports
from cryptostream.app.daemon import Daemon
from cryptostream.wire.messages import Modify

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "tape"
RATE = 5_000
BATCH = 16
_RAW = "subscriber: bare SUB with our drained reader, payload left packed"


class Ends:
    """The two ends and the addresses between them."""

    def __init__(self, daemon: Daemon, publisher: Helper, taker: Helper, direct: str) -> None:
        self.daemon = daemon
        self.publisher = publisher
        self.taker = taker
        self._router = {child.pid for child in daemon.children() if child.pid is not None}
        self.addresses = {"tape": daemon.data, "direct": direct}

    def router_seconds(self) -> float:
        """Return the processor time that the router has used."""
        return sum(procfs.cpu_seconds(self._router).values())

    def listen(self, way: str, *, stamps: bool) -> None:
        """Let the subscriber read what comes this way."""
        self.taker.ask("listen", address=self.addresses[way], topic=TOPIC.decode(), stamps=stamps)


def run(*, quick: bool) -> list[Row]:
    """Measure rates and latencies through the tape and directly, alternating."""
    rounds, seconds = (1, 1.0) if quick else (3, 2.0)
    with _ends() as ends:
        rows = [
            _latency(ends, rounds, seconds),
            _rate(ends, rounds, seconds, 1, Bar("ours", ">=", 60_000)),
            _rate(ends, rounds, seconds, BATCH, Bar("ours", ">=", 400_000)),
        ]
        return [*rows, _library(ends, seconds, 1), _library(ends, seconds, BATCH)]


def _rate(ends: Ends, rounds: int, seconds: float, batch: int, bar: Bar) -> Row:
    rates: dict[str, list[float]] = {"tape": [], "direct": []}
    costs: list[float] = []
    lost = holes = 0
    for _ in range(rounds):
        for way, found in rates.items():
            ends.listen(way, stamps=False)
            before = ends.router_seconds()
            flood = ends.publisher.ask("flood", way=way, seconds=seconds, batch=batch)
            found.append(flood["messages"] * batch / flood["seconds"])
            if way == "tape":
                costs.append(1e6 * (ends.router_seconds() - before) / flood["messages"])
                lost += flood["lost"]
                holes += ends.taker.ask("holes")
    what = "messages/s of one record" if batch == 1 else f"records/s in batches of {batch}"
    return Row(
        name=f"tape: {what}",
        ours=median(rates["tape"]),
        other=median(rates["direct"]),
        unit="/s",
        bar=bar,
        note=f"other: PUB to SUB without tape; {lost} lost, {holes} gaps; "
        f"the router spends {median(costs):.1f} us of CPU a message; {_RAW}",
    )


def _library(ends: Ends, seconds: float, batch: int) -> Row:
    daemon = ends.daemon
    ends.taker.ask("use_library", control=daemon.control, data=daemon.data, symbol=SYMBOL)
    # The client counts records, the bare subscriber messages.
    flood = ends.publisher.ask("flood", way="tape", seconds=seconds, batch=batch, unit=batch)
    holes = ends.taker.ask("holes")
    what = "one record a message" if batch == 1 else f"batches of {batch}"
    return Row(
        name=f"tape and client library: records/s, {what}",
        ours=flood["messages"] / flood["seconds"],
        unit="/s",
        note=f"every record decoded and handed to the program; {flood['lost']} lost, {holes} gaps",
    )


def _latency(ends: Ends, rounds: int, seconds: float) -> Row:
    found: dict[str, list[float]] = {"tape": [], "direct": []}
    tails: list[float] = []
    for _ in range(rounds):
        for way, medians in found.items():
            ends.listen(way, stamps=True)
            ends.publisher.ask("pace", way=way, seconds=seconds, rate=RATE)
            latencies = ends.taker.ask("latencies")
            medians.append(percentile(latencies, 50))
            if way == "tape":
                tails.append(percentile(latencies, 99))
    through, direct = median(found["tape"]), median(found["direct"])
    return Row(
        name=f"tape: p50 added at {RATE:,}/s",
        ours=through - direct,
        other=direct,
        unit="ms",
        bar=Bar("ours", "<=", 0.25),
        note=f"p50 {through:.3f} ms through the tape, {direct:.3f} ms directly (other); "
        f"p99 through it {median(tails):.2f} ms",
    )


@contextmanager
def _ends() -> Iterator[Ends]:
    control, data, direct = free_ports(3)
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-"))
        settings: dict[str, Any] = {
            "runtime_dir": place,
            "router.control": f"tcp://127.0.0.1:{control}",
            "router.data": f"tcp://127.0.0.1:{data}",
            "browsers.start": 0,  # the router alone: the worker is ours
            "directory.enabled": False,
            "gateway.enabled": False,
            "logs.level": "ERROR",
        }
        daemon = stack.enter_context(Daemon(settings))
        counter, bare = str(Path(place) / "counter"), f"tcp://127.0.0.1:{direct}"
        taker = stack.enter_context(Helper("bench.taker", counter))
        taker.ask("holes")  # it has made the counter
        hop = str(daemon.config.socket_path("workers"))
        publisher = stack.enter_context(Helper("bench.publisher", hop, bare, counter))
        # A wish without a listener: a second subscriber would take a core from the measured one.
        with daemon.connect() as client:
            client.on_behalf_of("bench", Modify(add=[SYMBOL]))
        publisher.ask("ready", within=10.0)
        yield Ends(daemon, publisher, taker, bare)
