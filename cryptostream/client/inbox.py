"""What waits for the user of a client: bounded, with the loss told in its place.

Policy ``drop_oldest_tick``: when the inbox is full the oldest tick or trade goes and the
hole is told as a :class:`Gap` (``slow_consumer``) before the next item. Statuses, gaps and
events are never dropped; there are few of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.records import Record
from cryptostream.wire.effects import Gap

if TYPE_CHECKING:
    from cryptostream.records import Status
    from cryptostream.wire.effects import Event

    Item = Record | Status | Event

# Policy of the inbox, as statistics name it.
POLICY = "drop_oldest_tick"


@dataclass(frozen=True, slots=True)
class Statistics:
    """How an inbox is doing."""

    capacity: int
    length: int
    high_water: int
    received: int
    dropped: int
    policy: str = POLICY


class Inbox:
    """A bounded queue of items for one reader."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._lost: dict[tuple[str, int], Gap] = {}
        self._high_water = 0
        self._received = 0
        self._dropped = 0

    def put(self, item: Item) -> None:
        """Add an item; the oldest tick makes room for it when needed."""
        self._received += 1
        if len(self._items) >= self._capacity:
            self._make_room()
        self._items.append(item)
        self._high_water = max(self._high_water, len(self._items))

    def take(self) -> Item | None:
        """Return the oldest item, ``None`` when there is none; what was dropped comes first."""
        if self._lost:
            return self._lost.pop(next(iter(self._lost)))
        return self._items.popleft() if self._items else None

    def statistics(self) -> Statistics:
        """Return the counters."""
        return Statistics(
            self._capacity, len(self._items), self._high_water, self._received, self._dropped
        )

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._items) + len(self._lost)

    def _make_room(self) -> None:
        for index, item in enumerate(self._items):
            if isinstance(item, Record):
                del self._items[index]
                self._dropped += 1
                self._note(item)
                return

    def _note(self, record: Record) -> None:
        topic = f"{type(record).__name__.lower()}/{record.symbol}/"
        hole = (topic, record.epoch)
        known = self._lost.get(hole)
        first = known.first if known is not None else record.seq
        self._lost[hole] = Gap(
            topic, record.symbol, record.epoch, first, record.seq, "slow_consumer"
        )
