"""A bounded queue between tasks of one loop.

It has a limit, a named policy for what happens at it, and figures that say how often it did.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from supervisors.errors import MailboxClosed, MailboxFull, SpecError

T = TypeVar("T")


class Overflow(StrEnum):
    """What a full mailbox does with the next message."""

    REJECT = "reject"  # raise MailboxFull: the sender must know
    DROP_OLDEST = "drop_oldest"  # the newest matters: prices, states
    DROP_NEWEST = "drop_newest"  # the first matters: the start of a flood says why


@dataclass(frozen=True, slots=True)
class MailboxStatistics:
    """Figures since the mailbox was made; ``length`` and ``capacity`` are messages."""

    capacity: int
    length: int
    high_water: int
    received: int  # accepted into the queue, later dropped ones included
    dropped: int
    rejected: int


class Mailbox(Generic[T]):
    """Any number of senders, one or more readers, one event loop; not for other threads."""

    def __init__(self, capacity: int, overflow: Overflow) -> None:
        if capacity < 1:
            raise SpecError(f"a mailbox holds at least one message, not {capacity}")
        self._capacity = capacity
        self._overflow = overflow
        self._messages: deque[T] = deque()
        self._readers: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._high_water = self._received = self._dropped = self._rejected = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def closed(self) -> bool:
        """Whether the mailbox takes no more messages."""
        return self._closed

    def put(self, message: T) -> T | None:
        """Queue a message without waiting and return the one that was dropped for it, if any.

        Raises MailboxFull under ``REJECT`` and MailboxClosed after ``close()``.
        """
        if self._closed:
            raise MailboxClosed("the mailbox is closed")
        lost: T | None = None
        if len(self._messages) >= self._capacity:
            if self._overflow is Overflow.REJECT:
                self._rejected += 1
                raise MailboxFull(f"all {self._capacity} places are taken")
            self._dropped += 1
            if self._overflow is Overflow.DROP_NEWEST:
                return message
            lost = self._messages.popleft()
        self._messages.append(message)
        self._received += 1
        self._high_water = max(self._high_water, len(self._messages))
        self._wake_one()
        return lost

    async def get(self) -> T:
        """Wait for the next message; MailboxClosed once it is closed and empty.

        A cancelled reader loses nothing: a message leaves the queue only when it is returned.
        """
        while not self._messages:
            if self._closed:
                raise MailboxClosed("the mailbox is closed")
            reader = asyncio.get_running_loop().create_future()
            self._readers.append(reader)
            try:
                await reader
            except asyncio.CancelledError:
                self._hand_on(reader)
                raise
        return self._messages.popleft()

    def close(self) -> list[T]:
        """Take no more messages; return those nobody read, for their senders to be told."""
        self._closed = True
        left = list(self._messages)
        self._messages.clear()
        while self._readers:
            self._wake_one()
        return left

    def statistics(self) -> MailboxStatistics:
        """Return the figures of now."""
        return MailboxStatistics(
            capacity=self._capacity,
            length=len(self._messages),
            high_water=self._high_water,
            received=self._received,
            dropped=self._dropped,
            rejected=self._rejected,
        )

    def _wake_one(self) -> None:
        while self._readers:
            reader = self._readers.popleft()
            if not reader.done():
                reader.set_result(None)
                return

    def _hand_on(self, reader: asyncio.Future[None]) -> None:
        """Let another reader have the wake-up that a cancelled one cannot use."""
        if reader in self._readers:
            self._readers.remove(reader)
        elif self._messages:
            self._wake_one()
