"""What a viewer that comes back has missed: all of it, or none and a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cryptostream.gateway.conflation import merge
from cryptostream.gateway.pieces import Note, Piece
from cryptostream.gateway.positions import TICK, UNKNOWN
from cryptostream.gateway.ring import BEFORE_ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptostream.gateway.positions import Cursor
    from cryptostream.gateway.ring import Ring


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What a viewer gets first of one kind; ``recovered`` is ``None`` when it asked for nothing."""

    out: Sequence[Piece | Note]
    recovered: bool | None


def catch_up(
    symbol: str,
    kind: str,
    ring: Ring[Any],
    cursor: Cursor | None,
    interval_ms: int,
    present: int | None = None,
) -> CatchUp:
    """Return what follows a cursor, as the interval wants it, or the image and what is missing.

    ``present`` is the epoch of the daemon's run, where that is known.
    """
    if cursor is None:
        return CatchUp(_image(kind, ring), None)
    missed = ring.after(*cursor)
    if missed is None and ring.newest is None and cursor == (present, 0):
        missed = []  # there was no record, and there is none
    if missed is not None:
        return CatchUp(_missed(kind, missed, interval_ms), recovered=True)
    image = _image(kind, ring)
    return CatchUp([_gap(symbol, kind, ring, cursor, present), *image], recovered=False)


def gap(
    symbol: str, kind: str, epoch: int, missing: tuple[int | None, int | None], why: str
) -> Note:
    """Return the message that tells of records that will not come."""
    first, last = missing
    fields = {"t": "gap", "symbol": symbol, "kind": kind, "epoch": epoch}
    return Note({**fields, "first": first, "last": last, "reason": why})


def image_of(kind: str, record: Any) -> Piece:  # noqa: ANN401 - any kind of record
    """Return a record as the last known value."""
    return Piece(kind, replace(record, image=True))


def _image(kind: str, ring: Ring[Any]) -> list[Piece]:
    # A trade is an event: an old one is no state that a viewer begins with.
    newest = ring.newest if kind == TICK else None
    return [image_of(kind, newest)] if newest is not None else []


def _missed(kind: str, missed: list[Any], interval_ms: int) -> list[Piece]:
    if kind == TICK and interval_ms and (merged := merge(missed)) is not None:
        return [Piece(TICK, merged.tick, merged.count, merged.first)]
    return [Piece(kind, record) for record in missed]


def _gap(symbol: str, kind: str, ring: Ring[Any], cursor: Cursor, present: int | None) -> Note:
    epoch, seq = cursor
    newest = ring.newest
    if cursor in (BEFORE_ANY, UNKNOWN):
        known, last = (newest.epoch, newest.seq) if newest is not None else (present or 0, None)
        return gap(symbol, kind, known, (None, last), "aged_out")
    if epoch not in (present, newest.epoch if newest is not None else None):
        return gap(symbol, kind, epoch, (seq + 1, None), "new_epoch")
    if newest is None or newest.epoch != epoch:
        return gap(symbol, kind, epoch, (seq + 1, None), "aged_out")
    if newest.seq < seq:
        # Nobody stood there: what such a viewer has, and lacks, it has to find out by itself.
        return gap(symbol, kind, epoch, (None, None), "aged_out")
    # The image that follows is a value that the viewer does get.
    last = newest.seq - 1 if kind == TICK else newest.seq
    return gap(symbol, kind, epoch, (seq + 1, last), "aged_out")
