"""Finds and kills what a dead process left behind; as a program, waits for its owner to die.

Every process of a tree carries a random token in its environment, which descendants inherit
even when they make a session of their own, as browsers do. Run as a script with nothing but the
standard library, so that the guard starts in milliseconds and cannot fail on an import::

    python -I -S guard.py <token> <exit bound in seconds> < pipe

The owner holds the only write end of that pipe and never writes: when it ends, in whatever way,
the guard reads the end of file and kills every process with the token.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

# The environment variables that carry tokens. Their values are chains: a tree inside a child of
# another tree appends its token, so the outer guard finds its processes as well.
TREE = "SUPERVISORS_TREE"
CHILD = "SUPERVISORS_CHILD"

_PROC = Path("/proc")
# Seconds between two looks: killed processes need a moment to vanish, forking ones to be caught.
_PAUSE = 0.02


def tagged(token: str) -> list[int]:
    """Return the processes that carry the token, this one never among them.

    Only Linux shows the environments of others; elsewhere the list is empty.
    """
    return [pid for pid in _pids() if _carries(_environment(pid), token.encode())]


def family(token: str) -> tuple[list[int], bool]:
    """Return the tagged processes with all their descendants, and whether a look may mislead.

    Descendants, because a browser's renderers may overwrite their environment (they use the
    room for their title) or hide it, but their parents do not. A look misleads while some
    process is between two programs: for a moment it has the new one and no environment yet.
    """
    found, unclear = set(), False
    for pid in _pids():
        environment = _environment(pid)
        if environment == b"":
            unclear = unclear or between_programs(_stat(pid))
            environment = _environment(pid)  # it may have been set up since the first look
        if _carries(environment, token.encode()):
            found.add(pid)
    return sorted(_with_descendants(found)), unclear


def reap(token: str, within: float) -> list[int]:
    """Kill the family until nobody is left, for at most so many seconds; return who was killed.

    Blocks: for a thread, or a process of its own.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + within
    while True:
        alive, unclear = family(token)
        killed |= {pid for pid in alive if _kill(pid)}
        if not (alive or unclear) or time.monotonic() >= deadline:
            return sorted(killed)
        time.sleep(_PAUSE)


def fields_of(stat: str) -> list[str]:
    """Return the fields of a /proc/<pid>/stat line from the third on (state, parent, ...).

    The second, the name, may hold spaces and brackets, so count from its end. See proc(5).
    """
    return stat.rpartition(")")[2].split()


def between_programs(fields: list[str]) -> bool:
    """Say whether the process has a memory (so it is no zombie), but no environment set up."""
    size, environment_end = 23 - 3, 51 - 3  # their numbers in proc(5); the first here is the third
    return len(fields) > environment_end and fields[size] != "0" and fields[environment_end] == "0"


def _with_descendants(found: set[int]) -> set[int]:
    if not found:
        return found
    parents = {pid: int(fields[1]) for pid in _pids() if len(fields := _stat(pid)) > 1}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found = found | more
    return found


def _pids() -> list[int]:
    """Return all processes but this one."""
    if sys.platform != "linux":
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid()]


def _environment(pid: int) -> bytes | None:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # gone meanwhile, or somebody else's
        return None


def _carries(environment: bytes | None, token: bytes) -> bool:
    entries = (environment or b"").split(b"\0")
    return any(entry.startswith(b"SUPERVISORS_") and token in entry for entry in entries)


def _stat(pid: int) -> list[str]:
    try:
        return fields_of((_PROC / str(pid) / "stat").read_text(errors="replace"))
    except OSError:  # gone meanwhile
        return []


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # gone meanwhile, or somebody else's
        return False
    return True


def main(arguments: list[str]) -> None:
    """Wait until the owner of standard input is gone, then reap."""
    token, within = arguments[0], float(arguments[1])
    # A terminal or a service manager that signals everybody must not take the guard first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    reap(token, within)


if __name__ == "__main__":
    main(sys.argv[1:])
