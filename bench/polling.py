"""The daemon against the usual scraper, which polls the page every 10 ms."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bench import procfs
from bench.helper import Helper
from bench.rows import Bar, Row
from bench.stats import Delivery, median, percentile
from bench.world import world

if TYPE_CHECKING:
    from bench.world import World

NAME = "polling"
SYMBOL = "BINANCE:BTCUSDT"
# Not 20: its period is a multiple of the poller's, and then the poller's latency is that of the
# phase in which the two happened to start, anything from 1 to 10 ms.
RATE = 19
# More changes a second than there are polls.
BURST = 200
_SETTLE = 2.0


class Turn(NamedTuple):
    """What one side did in its turn; ``cpu`` in cores."""

    found: Delivery
    cpu: float


def run(*, quick: bool) -> list[Row]:
    """Let both watch the same page in turns, each with its own page closed in between."""
    rounds, seconds = (1, 3.0) if quick else (3, 6.0)
    with world() as here, Helper("bench.scraper") as scraper:
        calm = _turns(here, scraper, RATE, rounds, seconds)
        wild = _turns(here, scraper, BURST, 1, seconds / 2)
    return [*_calm(*calm), _lost(*wild)]


def _calm(ours: list[Turn], other: list[Turn]) -> list[Row]:
    what = f"1 x {RATE}/s against polling each 10 ms"
    return [
        Row(
            name=f"{what}: p50",
            ours=median(percentile(turn.found.latencies, 50) for turn in ours),
            other=median(percentile(turn.found.latencies, 50) for turn in other),
            unit="ms",
            bar=Bar("ratio", "<=", 0.2),
            note=f"other: Playwright evaluate; lost there {_losses(other)}, here {_losses(ours)}",
        ),
        Row(
            name=f"{what}: CPU",
            ours=100 * median(turn.cpu for turn in ours),
            other=100 * median(turn.cpu for turn in other),
            unit="% of a core",
            bar=Bar("ratio", "<=", 0.5),
            note="all processes of each side, client included, simulated market excluded",
        ),
    ]


def _lost(ours: list[Turn], other: list[Turn]) -> Row:
    return Row(
        name=f"1 x {BURST}/s against polling each 10 ms: changes delivered",
        ours=100 * ours[0].found.share,
        other=100 * other[0].found.share,
        unit="%",
        bar=Bar("ours", ">=", 100.0),
        note=f"lost: here {_losses(ours)}, there {_losses(other)}",
    )


def _losses(turns: list[Turn]) -> str:
    lost = sum(turn.found.lost for turn in turns)
    return f"{lost} of {sum(turn.found.changes for turn in turns)}"


def _turns(
    here: World, scraper: Helper, rate: int, rounds: int, seconds: float
) -> tuple[list[Turn], list[Turn]]:
    here.front.query = {"paintlog": "1", "rate": str(rate)}
    ours, other = [], []
    for _ in range(rounds):
        ours.append(_ours(here, seconds))
        other.append(_theirs(here, scraper, seconds))
    return ours, other


def _ours(here: World, seconds: float) -> Turn:
    here.open([SYMBOL])
    time.sleep(_SETTLE)
    before, began = procfs.cpu_seconds(here.processes()), time.monotonic()
    found = here.delivery([SYMBOL], seconds)[SYMBOL]
    used = procfs.spent(before, procfs.cpu_seconds(here.processes()))
    took = time.monotonic() - began
    here.close([SYMBOL])
    return Turn(found, used / took)


def _theirs(here: World, scraper: Helper, seconds: float) -> Turn:
    scraper.ask("open", address=f"{here.front.url}/symbols/BTCUSDT/?exchange=BINANCE")
    time.sleep(_SETTLE)
    before, began = procfs.cpu_seconds(procfs.tree(scraper.pid)), time.monotonic()
    answer = scraper.ask("watch", seconds=seconds)
    used = procfs.spent(before, procfs.cpu_seconds(procfs.tree(scraper.pid)))
    took = time.monotonic() - began
    scraper.ask("close")
    return Turn(Delivery(answer["changes"], answer["latencies"]), used / took)
