"""Pictures, sound and font of the heavy page: made here, so that nothing is downloaded."""

from __future__ import annotations

import struct
from functools import cache

from cryptostream.sim.models import dice

_RATE_HZ = 8_000
_SECONDS = 20
_FONT_BYTES = 48_000


def picture(number: int) -> str:
    """Return an SVG of a few hundred shapes, different for each number."""
    shapes = []
    for n in range(300):
        bits = dice(number + 1, n)
        x, y, size = bits % 240, (bits >> 8) % 160, 2 + (bits >> 16) % 24
        color = f"#{(bits >> 24) & 0xFFFFFF:06x}"
        shapes.append(f'<circle cx="{x}" cy="{y}" r="{size}" fill="{color}" opacity="0.5"/>')
    body = "".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 160">{body}</svg>'


@cache
def clip() -> bytes:
    """Return twenty seconds of silence as a WAV file."""
    samples = b"\x80" * (_RATE_HZ * _SECONDS)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE_HZ, _RATE_HZ, 1, 8)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(fmt) + len(data), b"WAVE") + fmt + data


@cache
def font() -> bytes:
    """Return bytes of a font's size.

    No browser accepts them as a font: what costs a page is that they are fetched.
    """
    return b"".join(dice(7, n).to_bytes(8, "big") for n in range(_FONT_BYTES // 8))
