"""Changes of streams that have not begun yet, kept for a while; times are s of a steady clock.

Policy ``refuse``: when there is no room, the new change is refused and what is kept stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cryptostream.errors import Overloaded

if TYPE_CHECKING:
    from cryptostream.gateway.messages import Modify

POLICY = "refuse"
# A client that changes its stream before it begins is about to begin it: on a slow connection
# of a phone that takes some seconds, not half a minute.
KEPT_S = 30.0
# Changes of one client, and of all, at once: each is looked at when one of them is taken.
MOST_OF_ONE = 16
MOST = 1000
# Characters of tickers of all changes together: what a few hundred usual ones have.
MOST_TEXT = 1_048_576

# Who gave the request (the mark of the token, "" without one), and the id that it chose.
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    key: Key
    change: Modify
    size: int
    until: float


class Early:
    """What clients asked of streams that they had not begun; ``expired`` counts what was lost."""

    def __init__(self) -> None:
        self.expired = 0
        self._kept: dict[int, _Kept] = {}  # by the number of the request: oldest first
        self._text = 0

    def __len__(self) -> int:
        """Return how many changes are kept."""
        return len(self._kept)

    def keep(self, key: Key, number: int, change: Modify, now: float) -> None:
        """Keep a change for the stream that a client will begin.

        Raises:
            Overloaded: there is no room, with the code ``too_many_requests``.

        """
        self._expire(now)
        size = sum(len(str(ticker)) for ticker in (*change.add, *change.remove))
        of_client = sum(one.key == key for one in self._kept.values())
        if of_client >= MOST_OF_ONE or len(self) >= MOST or self._text + size > MOST_TEXT:
            raise Overloaded(
                "too many changes wait for streams that have not begun",
                code="too_many_requests",
                hint="begin the stream, with these tickers in it",
            )
        self._kept[number] = _Kept(key, change, size, now + KEPT_S)
        self._text += size

    def take(self, key: Key, now: float) -> list[tuple[int, Modify]]:
        """Return the changes of a client with their numbers, oldest first, and forget them."""
        self._expire(now)
        found = [(number, one) for number, one in self._kept.items() if one.key == key]
        for number, _ in found:
            self._forget(number)
        return [(number, one.change) for number, one in found]

    def _expire(self, now: float) -> None:
        for number, one in list(self._kept.items()):
            if one.until > now:
                return
            self._forget(number)
            self.expired += 1

    def _forget(self, number: int) -> None:
        self._text -= self._kept.pop(number).size
