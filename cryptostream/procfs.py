"""What processes take, read from ``/proc``; nothing where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC = Path("/proc")
_KIB = 1024


def parents() -> dict[int, int]:
    """Return the parent of every process that runs."""
    found = {}
    try:
        entries = [entry.name for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        # No such place on this system.
        return {}
    for name in entries:
        if fields := stat_fields(int(name)):
            found[int(name)] = int(fields[1])
    return found


def descendants(roots: Iterable[int], known: dict[int, int]) -> set[int]:
    """Return those of the roots that are known, with all below them."""
    found = {pid for pid in roots if pid in known}
    while more := {pid for pid, parent in known.items() if parent in found} - found:
        found |= more
    return found


def memory(pids: Iterable[int]) -> int:
    """Return the proportional share (PSS, bytes) of processes; resident size where it is hidden."""
    return sum(_share_kib(pid) for pid in pids) * _KIB


def stat_fields(pid: int) -> list[bytes]:
    """Return the fields after the command, state first; empty for one that has ended."""
    fields = read(pid, "stat").rpartition(b")")[2].split()
    return [] if not fields or fields[0] in b"ZX" else fields


def read(pid: int, name: str) -> bytes:
    """Return a file of a process, empty when it is gone."""
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _share_kib(pid: int) -> int:
    for name, key in (("smaps_rollup", b"Pss:"), ("status", b"VmRSS:")):
        for line in read(pid, name).splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    return 0
