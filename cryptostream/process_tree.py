"""What the root of a daemon knows of its processes, in a file that the router reads.

The root starts and restarts them and serves nobody; the router answers for the daemon and starts
nobody. A file between them outlives both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cryptostream.whole_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path

# The file is a few hundred bytes a process; what is longer was not written by us.
_LONGEST = 256 * 1024


class Process(msgspec.Struct, frozen=True):
    """One process of the daemon. ``state`` is its supervisor's word for it.

    ``memory`` is the proportional share of it and of all below it that are not listed
    themselves, in bytes, and null where nobody could look; ``processes`` is how many these are.
    ``since`` is ns since the Unix epoch.
    """

    name: str
    state: str
    pid: int | None
    restarts: int
    last_error: str
    since: int
    memory: int | None = None
    processes: int = 0


class ProcessFault(msgspec.Struct, frozen=True):
    """What went wrong with a process, and when (ns since the Unix epoch)."""

    ts: int
    name: str
    what: str
    text: str


class ProcessTree(msgspec.Struct, frozen=True, kw_only=True):
    """All of them at one time (ns since the Unix epoch); ``pid`` is the root's."""

    ts: int
    pid: int
    processes: tuple[Process, ...] = ()
    faults: tuple[ProcessFault, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ProcessTree)


def write_tree(place: Path, tree: ProcessTree) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one.

    Raises:
        OSError: the directory cannot be written.

    """
    replace_file(place, _encoder.encode(tree))


def read_tree(place: Path) -> ProcessTree | None:
    """Return what was written last; nothing when there is none, or none that can be read."""
    try:
        with place.open("rb") as file:
            return _decoder.decode(file.read(_LONGEST))
    except (OSError, msgspec.MsgspecError):
        # Not written yet, or by another version. Who asks is told that it is not known.
        return None
