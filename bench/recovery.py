"""What dies comes back: a page, the whole browser, the router, each killed with SIGKILL."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, NamedTuple

from bench import procfs
from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.world import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.world import World

NAME = "recovery"
SYMBOL = "BINANCE:BTCUSDT"
# A page has to be live for 30 s before its backoff begins anew: too long for a table. The
# rounds of one case therefore set that time to the rest between them.
_REST = 1.5
_SETTINGS = {
    "reconciler.stable_after": 1.0,
    # As shipped: a page outlives its last consumer, and so the restart of the router.
    "router.linger": 5.0,
}


class Case(NamedTuple):
    """What is killed, how, how often, and the bar in seconds."""

    name: str
    victims: Callable[[World], list[int]]
    rounds: int
    bar: float


def _pages(here: World) -> list[int]:
    return sorted(procfs.renderers(here.browser()))


def _browser(here: World) -> list[int]:
    """Return the browser's first process."""
    for pid in here.browser():
        line = procfs.command(pid)
        if "--remote-debugging-p" in line and "--type=" not in line and "node" not in line:
            return [pid]
    raise LookupError("the browser is not running")


def _router(here: World) -> list[int]:
    return [here.pid("router")]


CASES = (
    Case("page crash", _pages, 5, 1.0),
    Case("router kill -9", _router, 3, 2.0),
    Case("browser kill -9", _browser, 3, 5.0),
)


def run(*, quick: bool) -> list[Row]:
    """Kill, wait for a price seen after that, and look what the client was told."""
    rows = []
    for case in CASES:
        with world(settings=_SETTINGS) as here:
            here.open([SYMBOL])
            rounds = [_round(here, case) for _ in range(1 if quick else case.rounds)]
            rows.append(_row(case, rounds))
    return rows


def _row(case: Case, rounds: list[tuple[float, list[str]]]) -> Row:
    times = [seconds for seconds, _ in rounds]
    told = sum(bool(notes) for _, notes in rounds)
    words = sorted({note for _, notes in rounds for note in notes})
    return Row(
        name=f"{case.name} to live again: p50",
        ours=median(times),
        unit="s",
        bar=Bar("ours", "<=", case.bar),
        note=f"announced {told} of {len(rounds)} ({', '.join(words)}); "
        f"slowest {percentile(times, 100):.2f} s",
    )


def _round(here: World, case: Case) -> tuple[float, list[str]]:
    time.sleep(_REST)
    here.listener.ask("notes")
    victims = case.victims(here)
    killed = time.time_ns()
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    # The renderers die at once; what they saw was seen before this moment.
    fresh = here.listener.ask("fresh", tickers=[SYMBOL], after=killed + 5_000_000, within=60.0)
    notes = here.listener.ask("notes")
    # That it lives again announces nothing: a loss has to be told as such.
    told = [what for what, _, at in notes if at <= fresh and not what.startswith("status live")]
    return (fresh - killed) / 1e9, told
