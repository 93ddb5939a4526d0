"""One place for tickers on connections, and what is on its way there. Pure; times in s."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.sources.binance.findings import Trouble
    from cryptostream.sources.binance.pace import Pace


class LinkState(enum.Enum):
    """Where a link stands; a link outlives its connections."""

    WAITING = enum.auto()
    CONNECTING = enum.auto()
    OPEN = enum.auto()


@dataclass(slots=True)
class Asked:
    """A request that is not answered yet."""

    tickers: tuple[str, ...]
    subscribe: bool
    at: float


@dataclass(slots=True)
class Link:
    """A place for tickers, served by one connection after the other; times in s.

    ``tickers`` tells whether a ticker's streams are subscribed. ``to_ask`` is what is not asked
    yet: subscribe or not. ``alone`` must be asked one by one. ``leaving`` still takes room.
    ``trouble`` is why there is no connection.
    """

    number: int
    pace: Pace
    state: LinkState = LinkState.WAITING
    serial: int = 0
    due_at: float = 0.0
    attempt: int = 0
    opened_at: float = 0.0
    ready_at: float | None = None
    empty_since: float | None = None
    successor: int | None = None
    replaces: int | None = None
    trouble: Trouble | None = None
    tickers: dict[str, bool] = field(default_factory=dict)
    to_ask: dict[str, bool] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    asked: dict[int, Asked] = field(default_factory=dict)

    @property
    def load(self) -> int:
        """How many tickers take room on it."""
        return len(self.tickers.keys() | self.leaving)

    @property
    def complete(self) -> bool:
        """Whether it carries all that it should."""
        return self.state is LinkState.OPEN and all(self.tickers.values())

    def unsubscribes(self, ticker: str) -> bool:
        """Tell whether a request to let the ticker go is on its way."""
        return any(not one.subscribe and ticker in one.tickers for one in self.asked.values())

    def next_request(self, number: int, most: int, now: float) -> Asked:
        """Take what is to be asked next, and count it as asked under a number.

        One request does one thing, for ``most`` tickers at most.
        """
        first, subscribe = next(iter(self.to_ask.items()))
        alike = (
            ticker
            for ticker, wanted in self.to_ask.items()
            if wanted is subscribe and ticker not in self.alone
        )
        tickers = (first,) if first in self.alone else tuple(itertools.islice(alike, most))
        self.alone.discard(first)
        for ticker in tickers:
            del self.to_ask[ticker]
        asked = self.asked[number] = Asked(tickers, subscribe, now)
        self.pace.sent(now)
        return asked

    def cut(self) -> None:
        """Forget what only its connection knew."""
        self.state = LinkState.WAITING
        self.ready_at = None
        self.tickers = dict.fromkeys(self.tickers, False)
        self.asked.clear()
        self.leaving.clear()
        self.to_ask.clear()
        self.alone.clear()
