"""Updates per second on one page: our way out of it against Playwright's ``expose_binding``."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.helper import Helper, HelperFailed
from bench.ladder import Step, climb
from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.world import world

if TYPE_CHECKING:
    from bench.world import World

NAME = "binding"
SYMBOL = "BINANCE:BTCUSDT"
RATES = {
    "expose_binding": (200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 2000),
    "binding": (1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000),
    "daemon": (500, 750, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000),
}
# On a busy machine one turn has to do (s).
_SECOND_TURN_BEFORE = 85.0
_RULE = "delivered >= 98 % with p50 < 50 ms"


def run(*, quick: bool) -> list[Row]:
    """Climb each way's ladder in turn, and again; compare the medians."""
    best: dict[str, list[Step]] = {way: [] for way in RATES}
    with world() as here, Helper("bench.binder") as binder:
        began = time.monotonic()
        for turn in range(1 if quick else 2):
            if turn and time.monotonic() - began > _SECOND_TURN_BEFORE:
                break
            for way, rates in RATES.items():
                best[way].append(climb(rates, partial(_try, here, binder, way)))
    other = median(step.rate for step in best["expose_binding"])
    return [
        _row("CDP binding to Python", best["binding"], other),
        _row("whole daemon to client", best["daemon"], other),
    ]


def _row(what: str, steps: list[Step], other: float) -> Row:
    return Row(
        name=f"one page, {what}: sustained updates",
        ours=median(step.rate for step in steps),
        other=other,
        unit="/s",
        bar=Bar("ratio", ">=", 4.0),
        note=f"other: Playwright expose_binding; {_RULE}; "
        f"p50 there {median(step.p50 for step in steps):.2f} ms",
    )


def _try(here: World, binder: Helper, way: str, rate: int) -> Step:
    here.front.query = {"paintlog": "1", "local": str(rate)}
    if way == "daemon":
        return _through_daemon(here, rate)
    address = f"{here.front.url}/symbols/BTCUSDT/?exchange=BINANCE"
    found: dict[str, Any] = binder.ask(
        "measure", way=way, address=address, symbol=SYMBOL, seconds=1.5
    )
    return Step(rate, found["rate"], found["share"], found["p50"])


def _through_daemon(here: World, rate: int) -> Step:
    try:
        here.open([SYMBOL])
        time.sleep(0.5)
        seconds = 1.5
        found = here.delivery([SYMBOL], seconds)[SYMBOL]
    except HelperFailed:
        return Step(rate, 0.0, 0.0, 1e9)  # not even a first price came through
    finally:
        here.close([SYMBOL])
    p50 = percentile(found.latencies, 50) if found.latencies else 1e9
    return Step(rate, found.changes / seconds, found.share, p50)
