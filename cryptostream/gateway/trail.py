"""Server-sent events: their frames, and the cursor that a browser brings back by itself.

The id of a batch is ``epoch-ticks`` or ``epoch-ticks-trades``: the sequence of each ticker of
the address in their order, joined by dots. It is empty where the viewer never got anything, and
0 where it got something, but nothing of this epoch.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryptostream.gateway.pieces import Piece
from cryptostream.gateway.positions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptostream.gateway.pieces import Note
    from cryptostream.gateway.positions import Cursors

_ID = re.compile(r"[0-9]{1,16}(-[0-9]{0,16}(\.[0-9]{0,16})*){1,2}")


class Trail:
    """Where one viewer stands: ``symbols`` in the order of its address, ``kinds`` that it wants."""

    def __init__(self, symbols: Sequence[str], kinds: Sequence[str], mark: str = "") -> None:
        """Begin where an earlier connection of this address stood, by the id that came back."""
        self._symbols = tuple(symbols)
        self._kinds = tuple(kind for kind in ("tick", "trade") if kind in kinds)
        self._epoch = 0
        self._seqs: dict[tuple[str, str], int] = {}
        self.cursors: Cursors = self._read(mark) if mark else {}

    def follow(self, out: Iterable[Piece | Note]) -> None:
        """Note what the viewer gets next."""
        for piece in out:
            if not isinstance(piece, Piece) or piece.kind not in self._kinds:
                continue
            if piece.record.epoch != self._epoch:
                self._epoch = piece.record.epoch
                self._seqs = dict.fromkeys(self._seqs, 0)
            self._seqs[piece.kind, piece.record.symbol] = piece.seq

    def frame(self, name: str, body: bytes) -> bytes:
        """Return a message as an event; JSON of ours has no line breaks."""
        mark = b"id: %b\n" % self.mark().encode() if name == "batch" else b""
        return b"event: %b\n%bdata: %b\n\n" % (name.encode(), mark, body)

    def mark(self) -> str:
        """Return where the viewer stands."""
        parts = [
            ".".join(str(self._seqs.get((kind, symbol), "")) for symbol in self._symbols)
            for kind in self._kinds
        ]
        return "-".join([str(self._epoch), *parts])

    def _read(self, mark: str) -> Cursors:
        """Return where a viewer with this address stood; unknown for what is no id of ours."""
        epoch, *parts = mark.split("-") if _ID.fullmatch(mark) else [""]
        places = [part.split(".") for part in parts]
        if [len(seqs) for seqs in places] != [len(self._symbols)] * len(self._kinds):
            return {one: dict.fromkeys(self._kinds, UNKNOWN) for one in self._symbols if one}
        self._epoch = int(epoch)
        found: Cursors = {}
        for kind, seqs in zip(self._kinds, places, strict=True):
            for symbol, seq in zip(self._symbols, seqs, strict=True):
                if seq and symbol:
                    self._seqs[kind, symbol] = int(seq)
                    found.setdefault(symbol, {})[kind] = (int(epoch), int(seq))
        return found
