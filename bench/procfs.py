"""What processes cost, read from /proc: processor seconds and memory of whole trees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_MIB = 1024.0


def tree(*roots: int) -> set[int]:
    """Return the processes with all their descendants."""
    parents = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = {pid for pid in roots if pid in parents}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def command(pid: int) -> str:
    """Return a process's command line, empty when it is gone."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")


def renderers(pids: Iterable[int]) -> set[int]:
    """Return those of the processes that run pages."""
    return {pid for pid in pids if "--type=renderer" in command(pid)}


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """Return what each process has used so far, in user and kernel together."""
    used = {}
    for pid in pids:
        if fields := _stat(pid):
            used[pid] = (int(fields[11]) + int(fields[12])) / _TICK
    return used


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the processor seconds between two looks; who came in between counts in full."""
    return sum(used - before.get(pid, 0.0) for pid, used in after.items())


def memory_mib(pids: Iterable[int]) -> float:
    """Return the proportional share (PSS) of the processes; resident size where it is hidden."""
    return sum(_pss_kib(pid) for pid in pids) / _MIB


def _pss_kib(pid: int) -> int:
    for name, key in (("smaps_rollup", b"Pss:"), ("status", b"VmRSS:")):
        for line in _read(pid, name).splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def _stat(pid: int) -> list[bytes]:
    """Return the fields after the command, state first; empty for one that has ended."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return [] if not fields or fields[0] in b"ZX" else fields


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
