"""From the wish to the first price: tickers opened one at a time in a warm browser."""

from __future__ import annotations

import time

from bench.rows import Bar, Row
from bench.stats import median, percentile
from bench.world import SYMBOLS, world

NAME = "first_tick"


def run(*, quick: bool) -> list[Row]:
    """Open and close each ticker in turn; the first is not counted, it warms the browser."""
    opened: list[float] = []
    closed: list[float] = []
    with world() as here:
        for symbol in SYMBOLS[: 6 if quick else 16]:
            began = time.time_ns()
            here.listener.ask("subscribe", tickers=[symbol])
            first = here.listener.ask("fresh", tickers=[symbol], after=began, within=30.0)
            opened.append((first - began) / 1e9)
            time.sleep(0.1)
            leaving = time.monotonic()
            here.close([symbol])
            closed.append(time.monotonic() - leaving)
    times = opened[1:]
    return [
        Row(
            name="subscribe to first tick, warm browser: p50",
            ours=median(times),
            unit="s",
            bar=Bar("ours", "<=", 1.0),
            note=f"{len(times)} tickers, one at a time; slowest {percentile(times, 100):.2f} s",
        ),
        Row(
            name="unsubscribe to page closed: p50",
            ours=median(closed[1:]),
            unit="s",
            note="without linger; the worker's counters are seen every 0.5 s",
        ),
    ]
