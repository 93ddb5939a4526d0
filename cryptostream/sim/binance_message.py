"""One message on its way to many connections: each of its forms is encoded once."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT, PING, PONG = 0x1, 0x9, 0xA
_FINAL = 0x80
_SHORT, _MEDIUM = 126, 1 << 16


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a whole websocket frame as a server sends it: never masked (RFC 6455, 5.1)."""
    size = len(payload)
    if size < _SHORT:
        return struct.pack("!BB", _FINAL | opcode, size) + payload
    if size < _MEDIUM:
        return struct.pack("!BBH", _FINAL | opcode, _SHORT, size) + payload
    return struct.pack("!BBQ", _FINAL | opcode, _SHORT + 1, size) + payload


class Message:
    """``build`` returns the raw payload in a unit of time: 1 for ms, 1000 for us."""

    def __init__(self, stream: str, build: Callable[[int], str]) -> None:
        self._stream = stream
        self._build = build
        self._frames: dict[tuple[bool, int], bytes] = {}

    def frame(self, *, combined: bool, unit: int) -> bytes:
        """Return the frame for a connection, encoded when it is first asked for."""
        key = (combined, unit)
        found = self._frames.get(key)
        if found is None:
            text = self._build(unit)
            if combined:
                text = f'{{"stream":"{self._stream}","data":{text}}}'
            found = self._frames[key] = frame(text.encode())
        return found
