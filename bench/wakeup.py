"""What the machine itself takes to wake a process: the floor under every latency here.

A pipe to a Python process that sleeps, and nothing else: the sender notes the time, the
receiver notes the time.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

from bench.stats import percentile

_SIZE = 8


def wakeup_ms(rate: float, count: int) -> float:
    """Return the median time in ms from a write to the woken reader, at a rate a second."""
    receiver = subprocess.Popen(
        [sys.executable, "-m", "bench.wakeup", str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    if receiver.stdin is None or receiver.stdout is None:
        raise RuntimeError("the receiver has no pipes")
    receiver.stdout.readline()
    for _ in range(count):
        time.sleep(1 / rate)
        os.write(receiver.stdin.fileno(), time.time_ns().to_bytes(_SIZE))
    found, _ = receiver.communicate()
    return percentile([float(one) for one in found.split()], 50)


def main(count: str) -> None:
    """Receive, then print what each took (ms)."""
    print("ready", flush=True)
    taken = []
    for _ in range(int(count)):
        select.select([0], [], [])
        data = os.read(0, _SIZE)
        taken.append((time.time_ns() - int.from_bytes(data)) / 1e6)
    print(*taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
