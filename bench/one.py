"""One benchmark in a process of its own: ``python -m bench.one NAME OUTPUT [--quick] [--soak]``."""

from __future__ import annotations

import importlib
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from bench.machine import load_average
from bench.rows import Result

if TYPE_CHECKING:
    from types import FrameType


def main(name: str, output: str, *rest: str) -> None:
    """Run it and write what it found as JSON."""
    signal.signal(signal.SIGTERM, _leave)
    logger.remove()
    load, began = load_average(), time.monotonic()
    # Only a benchmark that has a long window is asked for it.
    options = {"quick": "--quick" in rest} | ({"soak": True} if "--soak" in rest else {})
    rows = importlib.import_module(f"bench.{name}").run(**options)
    result = Result(bench=name, rows=rows, load=load, seconds=time.monotonic() - began)
    Path(output).write_bytes(msgspec.json.encode(result))


def _leave(_number: int, _frame: FrameType | None) -> None:
    # As an exception, so that every browser and daemon is closed on the way out.
    raise SystemExit(143)


if __name__ == "__main__":
    main(*sys.argv[1:])
