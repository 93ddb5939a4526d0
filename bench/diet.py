"""What the page diet saves: the same heavy pages with and without it, in turns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bench import procfs
from bench.rows import Bar, Row
from bench.stats import median
from bench.world import SYMBOLS, world

if TYPE_CHECKING:
    from bench.world import World

NAME = "diet"
PAGES = 4
RATE = 20
_OFF = {
    f"sources.tradingview.{name}": False
    for name in ("block_images", "block_fonts", "block_media", "block_ads", "hide_layout")
} | {"sources.tradingview.animation_hz": 0.0}


class Turn(NamedTuple):
    """What the browser cost in a turn: cores, MiB of all its processes, MiB of its pages."""

    cpu: float
    whole: float
    pages: float


def run(*, quick: bool) -> list[Row]:
    """Open the pages with diet, close them, open them without, and again."""
    query = {"rate": str(RATE)}
    rounds, seconds = (1, 3.0) if quick else (2, 6.0)
    ours: list[Turn] = []
    other: list[Turn] = []
    with world(query) as lean, world(query, _OFF) as full:
        for _ in range(rounds):
            ours.append(_turn(lean, seconds))
            other.append(_turn(full, seconds))
    what = f"page diet, {PAGES} heavy pages x {RATE}/s"
    note = "other: the same without diet; the browser's processes"
    return [
        _row(f"{what}: CPU", "cpu", (ours, other), "% of a core", Bar("ratio", "<=", 0.5), note),
        _row(f"{what}: memory of the pages", "pages", (ours, other), "MiB",
             Bar("ratio", "<=", 0.667), "PSS of the renderer processes that hold the pages"),
        _row(f"{what}: memory of the browser", "whole", (ours, other), "MiB", None,
             "PSS of all processes of the browser"),
    ]  # fmt: skip


def _row(
    name: str, field: str, sides: tuple[list[Turn], list[Turn]], unit: str, bar: Bar | None,
    note: str,
) -> Row:  # fmt: skip
    ours, other = (median(getattr(turn, field) for turn in side) for side in sides)
    scale = 100 if field == "cpu" else 1
    return Row(name=name, ours=ours * scale, other=other * scale, unit=unit, bar=bar, note=note)


def _turn(here: World, seconds: float) -> Turn:
    symbols = SYMBOLS[:PAGES]
    idle = procfs.renderers(here.browser())
    here.open(symbols)
    time.sleep(2.0)
    before, began = procfs.cpu_seconds(here.browser()), time.monotonic()
    time.sleep(seconds)
    after, took = procfs.cpu_seconds(here.browser()), time.monotonic() - began
    processes = here.browser()
    # A browser keeps one empty renderer in reserve: it holds no page of ours.
    held = procfs.renderers(processes) - idle
    turn = Turn(
        procfs.spent(before, after) / took,
        procfs.memory_mib(processes),
        procfs.memory_mib(held),
    )
    here.close(symbols)
    return turn
