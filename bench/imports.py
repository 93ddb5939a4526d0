"""What ``import cryptostream.client`` costs a program at its start."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import NamedTuple

from bench.rows import Bar, Row
from bench.stats import median

NAME = "imports"


class Start(NamedTuple):
    """What one start took, on the clock and on the processor; ms."""

    wall: float
    cpu: float


def run(*, quick: bool) -> list[Row]:
    """Start fresh interpreters in turns, with the import and without."""
    bare: list[Start] = []
    full: list[Start] = []
    for _ in range(5 if quick else 15):
        bare.append(_start("pass"))
        full.append(_start("import cryptostream.client"))
    empty = median(one.wall for one in bare)
    processor = median(one.cpu for one in full) - median(one.cpu for one in bare)
    return [
        Row(
            name="import cryptostream.client",
            ours=median(one.wall for one in full) - empty,
            other=empty,
            unit="ms",
            bar=Bar("ours", "<=", 100.0),
            note=f"other: starting the bare interpreter, already subtracted; "
            f"{processor:.0f} ms of it on the processor",
        )
    ]


def _start(program: str) -> Start:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Start(wall * 1000, cpu * 1000)
