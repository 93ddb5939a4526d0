"""Files that are replaced as a whole: a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# As for a file that is simply opened; the user's umask takes away from it.
_USUAL = 0o666


def replace_file(path: Path, body: bytes, *, mode: int = _USUAL, lasting: bool = False) -> None:
    """Put ``body`` in the file's place; ``lasting`` waits until it is on the disk.

    The new file is written beside the old one, under a name with our process id; a failure
    leaves nothing of it.

    Raises:
        OSError: it cannot be written.

    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
