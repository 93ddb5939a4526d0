"""The newest records of one topic, for viewers that come back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.records import Record

# The position of who knows that there was no record yet.
BEFORE_ANY = (0, 0)
_Kept = TypeVar("_Kept", bound="Record")


class Ring(Generic[_Kept]):
    """The newest records of one topic without a hole, oldest first.

    A record that does not follow on the newest one (a new epoch, a loss, an image) makes the
    ring begin anew with it: what is in it is always complete. Policy when full:
    ``drop_oldest``.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._records: deque[_Kept] = deque(maxlen=capacity)
        self._whole = True  # whether all that was ever put is still there

    def put(self, record: _Kept) -> None:
        """Add the next record."""
        newest = self.newest
        if newest is not None and not _follows(newest, record):
            self._records.clear()
            self._whole = False
        self._whole = self._whole and len(self._records) < self._capacity
        self._records.append(record)

    def put_before(self, records: Iterable[_Kept]) -> None:
        """Add older records, oldest first, as far as they lead without a hole to what is held."""
        older = list(records)
        first = self._records[0] if self._records else None
        for record in older:
            # What begins the ring is often the image of a subscription: as the daemon published
            # it, it is an event, and one that somebody may have missed.
            if first is not None and (record.epoch, record.seq) == (first.epoch, first.seq):
                self._records[0] = record
        while older and self._records and not _follows(older[-1], self._records[0]):
            older.pop()
        held = [*older, *self._records]
        start = len(held) - 1
        while start > 0 and _follows(held[start - 1], held[start]):
            start -= 1
        self._records.clear()
        self._records.extend(held[max(start, 0) :])

    @property
    def newest(self) -> _Kept | None:
        """The newest record."""
        return self._records[-1] if self._records else None

    def after(self, epoch: int, seq: int) -> list[_Kept] | None:
        """Return all records after a position, or ``None``: never a part of them.

        ``BEFORE_ANY`` is the position of who was there before the first record.
        """
        if (epoch, seq) == BEFORE_ANY:
            return list(self._records) if self._whole else None
        newest = self.newest
        if newest is None or epoch != newest.epoch or seq > newest.seq:
            return None
        if seq < self._records[0].seq - 1:
            return None
        missed = newest.seq - seq
        return list(self._records)[len(self._records) - missed :]


def _follows(one: Record, other: Record) -> bool:
    return one.epoch == other.epoch and one.seq + 1 == other.seq
