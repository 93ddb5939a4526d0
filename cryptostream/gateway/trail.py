"""Server-sent events: their frames, and the cursor that a browser brings back by itself.

The id of a batch is ``epoch-ticks`` or ``epoch-ticks-trades``: the sequence of each ticker of
the address in their order, joined by dots; 0 where nothing came yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryptostream.gateway.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptostream.gateway.pieces import Note
    from cryptostream.gateway.positions import Cursors

_ID = re.compile(r"[0-9]{1,16}(-[0-9]{1,16}(\.[0-9]{1,16})*){1,2}")


class Trail:
    """Where one viewer stands: ``symbols`` in the order of its address, ``kinds`` that it wants."""

    def __init__(self, symbols: Sequence[str], kinds: Sequence[str]) -> None:
        self._symbols = tuple(symbols)
        self._kinds = tuple(kind for kind in ("tick", "trade") if kind in kinds)
        self._epoch = 0
        self._seqs: dict[tuple[str, str], int] = {}

    def follow(self, out: Iterable[Piece | Note]) -> None:
        """Note what the viewer gets next."""
        for piece in out:
            if not isinstance(piece, Piece) or piece.kind not in self._kinds:
                continue
            if piece.record.epoch != self._epoch:
                self._epoch = piece.record.epoch
                self._seqs.clear()
            self._seqs[piece.kind, piece.record.symbol] = piece.seq

    def frame(self, name: str, body: bytes) -> bytes:
        """Return a message as an event; JSON of ours has no line breaks."""
        mark = b"id: %b\n" % self.mark().encode() if name == "batch" else b""
        return b"event: %b\n%bdata: %b\n\n" % (name.encode(), mark, body)

    def mark(self) -> str:
        """Return where the viewer stands."""
        parts = [
            ".".join(str(self._seqs.get((kind, symbol), 0)) for symbol in self._symbols)
            for kind in self._kinds
        ]
        return "-".join([str(self._epoch), *parts])

    def cursors(self, mark: str) -> Cursors:
        """Return where a viewer with this address stood; nothing for what is no id of ours."""
        if not _ID.fullmatch(mark):
            return {}
        epoch, *parts = mark.split("-")
        found: Cursors = {}
        for kind, part in zip(self._kinds, parts, strict=False):
            seqs = part.split(".")
            if len(seqs) != len(self._symbols):
                return {}
            for symbol, seq in zip(self._symbols, seqs, strict=True):
                if int(seq):
                    found.setdefault(symbol, {})[kind] = (int(epoch), int(seq))
        return found
