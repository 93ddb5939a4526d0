"""DOM change to ZeroMQ client, end to end through a real daemon."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from bench.rows import Bar, Row
from bench.stats import Delivery, median, percentile
from bench.wakeup import wakeup_ms
from bench.world import SYMBOLS, world

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.world import World

NAME = "latency"
PAGES = (1, 10)
RATE = 20
STAMP = "stamp: the page's own paint log; end: the item in the program"


def run(*, quick: bool) -> list[Row]:
    """Measure with one page, then with more."""
    rows: list[Row] = []
    with world({"paintlog": "1", "rate": str(RATE)}) as here:
        for pages in PAGES:
            symbols = SYMBOLS[:pages]
            here.open(symbols)
            # The first window holds what only happens once: code being compiled, pages settling.
            here.delivery(symbols, 2.0)
            rows += _rows(here, symbols, 5.0 if quick else 15.0)
    # In the same run, because it is the machine's affair and changes from hour to hour.
    floor = wakeup_ms(RATE, 100)
    note = f"a pipe to a process that sleeps, {RATE}/s; a price wakes about nine on its way"
    return [*rows, Row(name="one wake-up of this machine: p50", ours=floor, unit="ms", note=note)]


def _rows(here: World, symbols: Sequence[str], seconds: float) -> list[Row]:
    found = together(here.delivery(symbols, seconds).values())
    what = f"DOM change to client, {len(symbols)} x {RATE}/s"
    to_tape, to_client = (median(hop[n] for hop in here.hops) for n in (0, 1))
    hops = f"of it observer to tape {to_tape:.2f}, tape to program {to_client:.2f}"
    clock = f"page clock {here.clock_ahead:+.2f} ms"
    return [
        Row(
            name=f"{what}: p50",
            ours=percentile(found.latencies, 50),
            unit="ms",
            bar=Bar("ours", "<=", 1.0),
            note=f"{STAMP}; {hops}; {clock}",
        ),
        Row(
            name=f"{what}: p99",
            ours=percentile(found.latencies, 99),
            unit="ms",
            bar=Bar("ours", "<=", 10.0),
            note=f"{found.changes} changes",
        ),
        Row(
            name=f"{what}: delivered",
            ours=100 * found.share,
            unit="%",
            bar=Bar("ours", ">=", 100.0),
            note=f"{found.lost} of {found.changes} distinct values lost",
        ),
    ]


def together(parts: Iterable[Delivery]) -> Delivery:
    """Return several deliveries as one."""
    return reduce(Delivery.joined, parts, Delivery(0, []))
