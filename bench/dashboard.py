"""The dashboard in a real Chromium: how soon a tick is painted, and what that costs the page."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.helper import Helper
from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.visit import WINDOW, visit
from bench.world import SYMBOLS, free_ports
from cryptostream.app.daemon import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.visit import Painted, Visit

NAME = "dashboard"
CARDS = 50
RATE = 20
# What the dashboard itself begins with; ms.
INTERVAL = 100
# Until the page has settled, and until its lines have points enough that they hardly grow (s).
_SETTLED = 5.0
_FILLED = 30.0
_DURATIONS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


class Windows(NamedTuple):
    """How long is looked; s."""

    paints: float
    thread: float
    heap: float


class Heap(NamedTuple):
    """The page at one moment: MiB of JavaScript heap after a collection, DOM nodes, listeners."""

    mib: float
    nodes: float
    listeners: float


def run(*, quick: bool, soak: bool = False) -> list[Row]:
    """Open the page once; watch its paints, its main thread, and its heap."""
    windows = Windows(3.0, 3.0, 5.0) if quick else Windows(6.0, 15.0, 600.0 if soak else 30.0)
    with _gateway() as (address, rhythm), visit(address, SYMBOLS[:CARDS]) as page:
        opened = time.monotonic()
        page.wait(_SETTLED)
        even = page.paints(windows.paints)
        rhythm.ask("choose", even=False)
        chance = page.paints(windows.paints)
        rhythm.ask("choose", even=True)
        ahead = page.clock_ahead()
        page.interval(0)
        every = _main_thread(page, windows.paints)
        page.interval(INTERVAL)
        page.wait(max(_SETTLED, opened + _FILLED - time.monotonic()))
        # From here on nobody touches the page: whatever drives it would leave things in its heap.
        before, began = _heap(page), time.monotonic()
        usual = _main_thread(page, windows.thread)
        page.wait(max(0.0, began + windows.heap - time.monotonic()))
        after, took = _heap(page), time.monotonic() - began
    paints = paint_rows(even, chance, ahead)
    return [*paints, *thread_rows(usual, every), heap_row(before, after, took)]


def paint_rows(even: Painted, chance: Painted, ahead: float) -> list[Row]:
    """Return how soon a tick is seen, with evenly spaced ticks and with others; ``ahead`` is ms."""
    late = [one.painted - one.published for one in even.paints]
    heard = median(one.heard - one.published for one in even.paints)
    frames = median(one.painted - one.written for one in even.paints)
    ages = [one.painted - one.before for one in even.paints if one.before]
    random = [one.painted - one.published for one in chance.paints]
    what = f"dashboard: tick to paint, {CARDS} cards x {RATE}/s, {INTERVAL} ms"
    return [
        Row(
            name=f"{what}: p50",
            ours=percentile(late, 50),
            unit="ms",
            note="from the tape's stamp of the tick that is shown to the end of the frame behind "
            f"the one that shows it; of it until the page has it {heard:.1f}, frames {frames:.1f}; "
            f"page clock {ahead:+.2f} ms",
        ),
        Row(
            name=f"{what}: p99",
            ours=percentile(late, 99),
            unit="ms",
            bar=Bar("ours", "<=", 100.0),
            note=f"evenly spaced ticks; {len(late)} paints, {even.strange} of no known record",
        ),
        Row(
            name=f"{what}, at random times: p99",
            ours=percentile(random, 99),
            unit="ms",
            note="a tick that is alone in its interval may wait for all of it; p50 "
            f"{percentile(random, 50):.1f} ms, {len(random)} paints, {chance.strange} of no known "
            "record",
        ),
        Row(
            name="dashboard: age of a price when the next one is painted: p99",
            ours=percentile(ages, 99),
            unit="ms",
            note=f"evenly spaced ticks; at worst {max(ages):.0f} ms",
        ),
    ]


def thread_rows(usual: Mapping[str, float], every: Mapping[str, float]) -> list[Row]:
    """Return the shares of the page's main thread, at the usual interval and with every tick."""
    ways = ((f"at {INTERVAL} ms", usual), ("with every tick", every))
    return [
        Row(
            name=f"dashboard: main thread, {CARDS} cards x {RATE}/s, {way}",
            ours=shares["TaskDuration"],
            unit="%",
            bar=Bar("ours", "<=", 35.0),
            note=f"window {WINDOW['width']} x {WINDOW['height']}; script "
            "{ScriptDuration:.1f}, layout {LayoutDuration:.1f}, style {RecalcStyleDuration:.1f} %; "
            "{layouts:.0f} layouts/s".format(**shares),
        )
        for way, shares in ways
    ]


def heap_row(before: Heap, after: Heap, seconds: float) -> Row:
    """Return how the heap grew."""
    return Row(
        name=f"dashboard: JavaScript heap after {seconds:.0f} s",
        ours=after.mib,
        other=before.mib,
        unit="MiB",
        bar=Bar("ratio", "<=", 1.1),
        note="after forced collections; other: the same at the beginning; DOM nodes "
        f"{before.nodes:.0f}, then {after.nodes:.0f}; "
        f"listeners {before.listeners:.0f}, then {after.listeners:.0f}",
    )


def shares_of(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what two looks at the page's counters mean: % of the time, and layouts a second."""
    took = after["Timestamp"] - before["Timestamp"]
    found = {
        name: 100 * (after[name] - before[name]) / took for name in ("TaskDuration", *_DURATIONS)
    }
    return {**found, "layouts": (after["LayoutCount"] - before["LayoutCount"]) / took}


def _main_thread(page: Visit, seconds: float) -> dict[str, float]:
    before = page.metrics()
    page.wait(seconds)
    return shares_of(before, page.metrics())


def _heap(page: Visit) -> Heap:
    mib = page.heap()
    counters = page.metrics()
    return Heap(mib, counters["Nodes"], counters["JSEventListeners"])


@contextmanager
def _gateway() -> Iterator[tuple[str, Helper]]:
    """Run a whole daemon on an exchange of our own; give its dashboard's address and the latter."""
    control, data, http = free_ports(3)
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-"))
        rhythm = stack.enter_context(Helper("bench.rhythm", str(RATE), *SYMBOLS[:CARDS]))
        settings: dict[str, Any] = {
            "runtime_dir": place,
            "router.control": f"tcp://127.0.0.1:{control}",
            "router.data": f"tcp://127.0.0.1:{data}",
            "sim.enabled": False,
            "sim.port": rhythm.ask("port"),
            "gateway.port": http,
            "browsers.start": 0,
            "sources.order": ["binance"],
            "sources.binance.trades": True,
            "sources.binance.book": False,
            "logs.level": "ERROR",
        }
        stack.enter_context(Daemon(settings, simulated=True))
        yield f"http://127.0.0.1:{http}/", rhythm
