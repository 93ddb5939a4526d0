"""What the client costs a program at its start."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from bench.rows import Bar, Row
from bench.stats import median

NAME = "imports"


# What the README says; the names are loaded when they are asked for, so that the bare import of
# the package would show nothing.
_PROGRAM = "from cryptostream.client import connect"


class Start(NamedTuple):
    """What one start took, on the clock and on the processor; ms."""

    wall: float
    cpu: float


def run(*, quick: bool) -> list[Row]:
    """Start fresh interpreters in turns, with the import and without."""
    bare: list[Start] = []
    full: list[Start] = []
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as place:
        environment = _compiling(place)
        _start(_PROGRAM, environment)
        for _ in range(5 if quick else 15):
            bare.append(_start("pass", environment))
            full.append(_start(_PROGRAM, environment))
    empty = median(one.wall for one in bare)
    processor = median(one.cpu for one in full) - median(one.cpu for one in bare)
    return [
        Row(
            name=_PROGRAM,
            ours=median(one.wall for one in full) - empty,
            other=empty,
            unit="ms",
            bar=Bar("ours", "<=", 100.0),
            note=f"other: starting the bare interpreter, already subtracted; "
            f"{processor:.0f} ms of it on the processor; byte code is there as after an install",
        )
    ]


def _compiling(place: str) -> dict[str, str]:
    """Return an environment whose programs keep their byte code, as an installed package has."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": place}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _start(program: str, environment: dict[str, str]) -> Start:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Start(wall * 1000, cpu * 1000)
