"""The runtime directory: private to its user, and one daemon an instance."""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING

from cryptostream.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptostream.config.settings import Config

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class RuntimeDir:
    """Holds the place of the sockets between processes for one daemon."""

    def __init__(self, config: Config) -> None:
        self._place = config.runtime_path()
        self._instance = config.instance
        self._lock: int | None = None

    def take(self) -> None:
        """Make the directory and lock the instance.

        Raises:
            StartError: it cannot be made, others may write to it, or the instance runs already.

        """
        try:
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"cannot make {self._place} for the sockets between processes: {error.strerror}",
                code="runtime_dir",
                hint="set runtime_dir to a directory that you may write",
            ) from error
        _refuse_strangers(self._place)
        self._lock = _locked(self._place / f"{self._instance}.lock", self._instance)

    def release(self) -> None:
        """Let the instance be started again; again is no error."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _refuse_strangers(place: Path) -> None:
    """Whoever may write here could pose as one of our processes."""
    found = place.stat()
    if found.st_uid != os.geteuid() or found.st_mode & _OTHERS & ~0o055:
        raise StartError(
            f"{place} belongs to or may be written by others",
            code="runtime_dir",
            hint="make it yours alone (chmod 700), or set runtime_dir to another directory",
        )


def _locked(path: Path, instance: str) -> int:
    # The lock goes with the process that holds it, also when that is killed.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StartError(
            f"a daemon of the instance {instance!r} is running already",
            code="instance_in_use",
            hint="use that one, end it, or give this one another name: --set instance=NAME",
        ) from error
    return descriptor
