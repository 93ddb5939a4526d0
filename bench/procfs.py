"""What processes cost, read from /proc: processor seconds and memory of whole trees."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptostream.procfs import descendants, memory, parents, read, stat_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

_TICK = os.sysconf("SC_CLK_TCK")
_MIB = 1024 * 1024


def tree(*roots: int) -> set[int]:
    """Return the processes with all their descendants."""
    return descendants(roots, parents())


def command(pid: int) -> str:
    """Return a process's command line, empty when it is gone."""
    return read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")


def renderers(pids: Iterable[int]) -> set[int]:
    """Return those of the processes that run pages."""
    return {pid for pid in pids if "--type=renderer" in command(pid)}


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """Return what each process has used so far, in user and kernel together."""
    used = {}
    for pid in pids:
        if fields := stat_fields(pid):
            used[pid] = (int(fields[11]) + int(fields[12])) / _TICK
    return used


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the processor seconds between two looks; who came in between counts in full."""
    return sum(used - before.get(pid, 0.0) for pid, used in after.items())


def memory_mib(pids: Iterable[int]) -> float:
    """Return the proportional share (PSS) of the processes; resident size where it is hidden."""
    return memory(pids) / _MIB
