"""Filling records with what the meta frame says: cursor, publishing time, image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import force_setattr

from cryptostream.wire.frames import Flag

if TYPE_CHECKING:
    from cryptostream.records import Record, Status
    from cryptostream.wire.frames import Meta

# A plain integer: the operators of an IntFlag cost ten times as much.
_IMAGE = int(Flag.IMAGE)


def stamp(meta: Meta, records: list[Record | Status]) -> list[Record | Status]:
    """Return the records with ``epoch``, ``seq``, ``ts_published`` and ``image`` filled in.

    Records are frozen for everybody after this; it runs before anybody has seen them, and
    saves a copy of each on the hot path.
    """
    image, seq = meta.flags & _IMAGE, meta.seq
    for record in records:
        force_setattr(record, "epoch", meta.epoch)
        force_setattr(record, "seq", seq)
        force_setattr(record, "ts_published", meta.ts_published)
        if image:
            force_setattr(record, "image", True)
        seq += 1
    return records
