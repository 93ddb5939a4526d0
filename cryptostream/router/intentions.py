"""Wishes that outlive the router: clients with a long lease, kept in a small file.

The usual client says again what it wants after a restart; one that has left (``cryptostream
add``) cannot, so its wish is kept here until its lease ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from cryptostream.whole_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path


class Intention(msgspec.Struct, frozen=True, order=True):
    """What one client wants; ``until_ns`` is when its lease ends, in ns since the Unix epoch."""

    client_id: str
    lease: float
    until_ns: int
    symbols: tuple[str, ...]


_decoder = msgspec.msgpack.Decoder(list[Intention])


class IntentionFile:
    """Reads and writes the file; a loss of it is told, and is no reason to stop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def read(self, now_ns: int) -> list[Intention]:
        """Return the wishes whose lease has not ended."""
        try:
            found = _decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            logger.warning("kept wishes of clients cannot be read and are lost: {}", error)
            return []
        return [one for one in found if one.until_ns > now_ns]

    def differ(self, intentions: list[Intention]) -> bool:
        """Whether anything but times has changed since the last writing."""
        return _wished(intentions) != self._written

    def write(self, intentions: list[Intention]) -> None:
        """Keep these wishes in place of the former ones."""
        # Also after a failure: it was told once, and is tried again at the next change.
        self._written = _wished(intentions)
        try:
            replace_file(self._path, msgspec.msgpack.encode(intentions))
        except OSError as error:
            logger.warning("wishes of clients cannot be kept for a restart: {}", error)


def _wished(intentions: list[Intention]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((one.client_id, one.symbols) for one in intentions)
