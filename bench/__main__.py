"""``python -m bench``: every benchmark in a process of its own, one table at the end."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench import machine, procfs, table
from bench.rows import Result, Row

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
# What a benchmark that is over its time may take to close its browsers (s).
_GOODBYE = 10.0


class Entry(NamedTuple):
    """A benchmark: its module, what it asks, and how long it may take, more with --soak (s)."""

    name: str
    question: str
    deadline: float
    soak: float = 0.0


BENCHES = (
    Entry("latency", "how soon, and completely, is a change of a page at a client?", 110),
    Entry("tape", "what does the router carry, and what does it cost?", 75),
    Entry("binding", "how many changes a second get out of one page?", 190),
    Entry("polling", "what is gained over asking the page every 10 ms?", 90),
    Entry("diet", "what does the page diet save?", 80),
    Entry("first_tick", "how long from the wish to the first price?", 60),
    Entry("recovery", "how long until what was killed is back?", 100),
    Entry("ingest", "what does it cost to bring an exchange's trades to a program?", 150),
    Entry("gateway", "what does it cost to push ticks to many browsers?", 130),
    Entry("dashboard", "how soon is a tick painted, and what does it cost the page?", 140, 600),
    Entry("imports", "what does importing the client cost?", 30),
)


def main() -> int:
    """Run, print, perhaps write; 1 only when a benchmark broke down."""
    options = _options()
    chosen = [entry for entry in BENCHES if not options.only or entry.name in options.only]
    longer = sum(entry.soak for entry in chosen) if options.soak else 0.0
    until = time.monotonic() + options.minutes * 60 + longer
    results = []
    for entry in chosen:
        left = until - time.monotonic()
        print(f"{entry.name}: {entry.question}", file=sys.stderr, flush=True)
        soak = options.soak and entry.soak > 0
        deadline = entry.deadline + (entry.soak if soak else 0.0)
        results.append(_run(entry, min(deadline, left), quick=options.quick, soak=soak))
    rows = [row for result in results for row in result.rows]
    print(f"\n{table.plain(rows)}\n\n{_circumstances(results)}")
    if options.write:
        part = f"{_machine()}\n\n{table.markdown(rows)}\n\n{_circumstances(results)}"
        DOCUMENT.write_text(table.replaced(DOCUMENT.read_text("utf-8"), part), "utf-8")
    return int(any(row.error for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [entry.name for entry in BENCHES]
    parser.add_argument("--only", action="append", choices=names, help="this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="short windows, one round")
    parser.add_argument("--soak", action="store_true", help="the dashboard's heap over 10 minutes")
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name} as well")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all of them (10)")
    return parser.parse_args()


def _run(entry: Entry, deadline: float, *, quick: bool, soak: bool) -> Result:
    """Run one; whatever happens to it becomes a row."""
    load = machine.load_average()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as place:
        output, errors = Path(place) / "rows.json", Path(place) / "stderr"
        arguments = [entry.name, str(output), *["--quick"] * quick, *["--soak"] * soak]
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.one", *arguments],
                stderr=stderr,
                start_new_session=True,
            )
            why = _wait(process, deadline)
        if output.exists():
            return msgspec.json.decode(output.read_bytes(), type=Result)
        lines = errors.read_text("utf-8", "replace").strip().splitlines()
        reason = why or (lines[-1][:200] if lines else f"ended with code {process.returncode}")
        return Result(bench=entry.name, rows=[Row(name=entry.name, error=reason)], load=load)


def _wait(process: subprocess.Popen[bytes], deadline: float) -> str:
    """Wait for it; one that is late is ended with all that it has started."""
    try:
        process.wait(max(0.0, deadline))
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
        family = procfs.tree(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GOODBYE)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"not done within {deadline:.0f} s"
    return ""


def _machine() -> str:
    return "\n".join(f"* {name}: {value}" for name, value in machine.described())


def _circumstances(results: list[Result]) -> str:
    loads = ", ".join(f"{one.bench} {one.load:.1f} ({one.seconds:.0f} s)" for one in results)
    cores = os.cpu_count()
    return f"Load average of {cores} cores before each (and how long it took): {loads}."


if __name__ == "__main__":
    sys.exit(main())
