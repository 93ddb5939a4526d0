"""A number that one process writes and another reads: the window of the flow control."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_SIZE = 8


class Counter:
    """Lives in a file that both have mapped; one writer."""

    def __init__(self, path: str) -> None:
        place = Path(path)
        if not place.exists():
            place.write_bytes(bytes(_SIZE))
        with place.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)

    def value(self) -> int:
        """Return the number."""
        found: int = struct.unpack_from("<q", self._map)[0]
        return found

    def set(self, value: int) -> None:
        """Change the number."""
        struct.pack_into("<q", self._map, 0, value)
