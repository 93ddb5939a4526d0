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
    pids = [int(entry.name) for entry in _entries() if entry.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and _carries(pid, token.encode())]


def family(token: str) -> list[int]:
    """Return the tagged processes and all their descendants.

    A browser's renderers may overwrite their environment (they use the room for their title) or
    hide it, but their parents do not.
    """
    found = set(tagged(token))
    if not found:
        return []
    parents = {pid: _parent(pid) for pid in _pids()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found - {os.getpid()}
        found |= more
        grown = bool(more)
    return sorted(found)


def reap(token: str, within: float) -> list[int]:
    """Kill the family until nobody is left, for at most so many seconds; return who was killed.

    Blocks: for a thread, or a process of its own.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + within
    while True:
        alive = family(token)
        for pid in alive:
            if _kill(pid):
                killed.add(pid)
        if not alive or time.monotonic() >= deadline:
            return sorted(killed)
        time.sleep(_PAUSE)


def _entries() -> list[Path]:
    return list(_PROC.iterdir()) if sys.platform == "linux" else []


def _pids() -> list[int]:
    return [int(entry.name) for entry in _entries() if entry.name.isdigit()]


def _carries(pid: int, token: bytes) -> bool:
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # gone meanwhile, or somebody else's
        return False
    return any(
        entry.startswith(b"SUPERVISORS_") and token in entry for entry in environment.split(b"\0")
    )


def _parent(pid: int) -> int:
    try:
        status = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:  # gone meanwhile
        return 0
    # "pid (name) state ppid": the name may hold spaces and brackets, so count from its end.
    return int(status.rpartition(")")[2].split()[1])


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
