"""Which ticker is on which connection, and what to do about it when. Pure; times in s.

All streams of a ticker are on one connection, so that they are there or not there together. A
connection that is to end is replaced before it ends: its successor subscribes the same, both
deliver for a while, then the old one is dropped.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptostream.sources.binance.effects import (
    Ask,
    Carried,
    Connect,
    Drop,
    Effect,
    Lost,
    Refused,
    Switched,
)
from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.links import Link, LinkState
from cryptostream.sources.binance.pace import Budget, Pace, pause_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Streams that one request names; the documentation has no limit, programs use up to 200.
CHUNK = 200
# An exchange that does not answer a request within this has lost it.
ANSWER_WITHIN = 10.0
# A connection that carries nothing stays open for a while: the next ticker may be near.
LINGER = 30.0
# Open for so long, a connection was good: the next attempt counts as the first.
STABLE = 30.0
ATTEMPTS_IN = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The limits. ``kinds`` are the streams of each ticker; ``chance`` draws from [0, 1]."""

    kinds: Sequence[str]
    streams_per_connection: int
    messages_per_second: float
    attempts: int
    reconnect_after: float
    overlap: float
    backoff_first: float
    backoff_cap: float
    chance: Callable[[], float]

    @property
    def room(self) -> int:
        """How many tickers fit on a connection."""
        return max(1, self.streams_per_connection // len(self.kinds))


class Shards:
    """The tickers that are wanted, and the links that carry them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._links: dict[int, Link] = {}
        self._numbers = itertools.count(1)
        self._requests = itertools.count(1)
        self._serials = itertools.count(1)
        self._budget = Budget(rules.attempts, ATTEMPTS_IN)
        self._held: Trouble | None = None
        self._held_until = 0.0

    # -- what there is ------------------------------------------------------------------

    def links(self) -> list[Link]:
        """Return all links, the oldest first."""
        return list(self._links.values())

    def carries(self, ticker: str) -> bool:
        """Tell whether the streams of a ticker are subscribed on an open connection."""
        return any(link.tickers.get(ticker, False) for link in self._links.values())

    def trouble(self, ticker: str, now: float) -> Trouble | None:
        """Return why the connection of a ticker is not there, ``None`` when it is.

        A pause that was asked for concerns all who wait for a connection.
        """
        mine = [link for link in self._links.values() if ticker in link.tickers]
        waits = any(link.state is LinkState.WAITING for link in mine)
        if waits and self._held is not None and now < self._held_until:
            return replace(self._held, retry_after=self._held_until - now)
        return next((link.trouble for link in mine if link.trouble is not None), None)

    def link_of(self, serial: int) -> Link | None:
        """Return the link that a connection belongs to, ``None`` once it does not count."""
        return next((link for link in self._links.values() if link.serial == serial), None)

    # -- what is wanted -----------------------------------------------------------------

    def add(self, ticker: str, now: float) -> None:
        """Want a ticker; it goes where there is room."""
        if any(ticker in link.tickers for link in self._links.values()):
            return
        link = next((one for one in self._links.values() if self._has_room(one)), None)
        if link is None:
            link = self._new_link(now)
        if link.to_ask.get(ticker) is False and not link.unsubscribes(ticker):
            link.leaving.discard(ticker)  # nobody has said yet that it was to go
        link.tickers[ticker] = False
        link.empty_since = None
        link.to_ask[ticker] = True

    def remove(self, ticker: str, now: float) -> None:
        """Want it no longer."""
        for link in self._links.values():
            if ticker not in link.tickers:
                continue
            del link.tickers[ticker]
            link.alone.discard(ticker)
            never_asked = link.to_ask.pop(ticker, False) and ticker not in link.leaving
            if link.state is LinkState.OPEN and not never_asked:
                link.to_ask[ticker] = False
                link.leaving.add(ticker)
            if not link.tickers:
                link.empty_since = now

    def _has_room(self, link: Link) -> bool:
        return link.successor is None and link.load < self._rules.room

    def _forget(self, link: Link) -> None:
        del self._links[link.number]
        for other in self._links.values():
            if other.successor == link.number:
                other.successor = None
            if other.replaces == link.number:
                other.replaces = None

    def _new_link(self, now: float) -> Link:
        number = next(self._numbers)
        link = Link(number, Pace(self._rules.messages_per_second), due_at=now)
        self._links[number] = link
        return link

    # -- what happens -------------------------------------------------------------------

    def connected(self, serial: int, now: float) -> None:
        """Take a connection that is open now."""
        link = self.link_of(serial)
        if link is None:
            return
        link.state = LinkState.OPEN
        link.opened_at = now
        link.trouble = None
        link.pace = Pace(self._rules.messages_per_second)
        link.to_ask = dict.fromkeys(link.tickers, True)

    def lost(
        self, serial: int, trouble: Trouble, now: float, *, at_once: bool = False
    ) -> list[Effect]:
        """Take the end of a connection, or of an attempt at one.

        No connection is tried while the trouble asks for a pause; this one may be ``at_once``.
        """
        if trouble.retry_after and now + trouble.retry_after > self._held_until:
            self._held, self._held_until = trouble, now + trouble.retry_after
        link = self.link_of(serial)
        if link is None:
            return []
        successor = self._links.get(link.successor or 0)
        if successor is not None:
            return self._taken_over(link, successor)
        if link.state is LinkState.OPEN and now - link.opened_at >= STABLE:
            link.attempt = 0
        rules = self._rules
        wait = pause_before(link.attempt, rules.backoff_first, rules.backoff_cap, rules.chance())
        link.due_at = now if at_once else now + wait
        link.attempt += 1
        link.serial = 0
        link.trouble = trouble
        link.cut()
        gone = tuple(ticker for ticker in link.tickers if not self.carries(ticker))
        return [Lost(gone)] if gone else []

    def _taken_over(self, link: Link, successor: Link) -> list[Effect]:
        self._forget(link)
        gone = tuple(ticker for ticker in successor.tickers if not successor.tickers[ticker])
        effects: list[Effect] = [Switched(successor.serial)]
        return [*effects, Lost(gone)] if gone else effects

    def retire(self, serial: int, now: float) -> None:
        """Replace a connection that is about to end, before it does."""
        link = self.link_of(serial)
        if link is None or link.successor is not None or link.state is not LinkState.OPEN:
            return
        fresh = self._new_link(now)
        fresh.tickers = dict.fromkeys(link.tickers, False)
        fresh.replaces, link.successor = link.number, fresh.number

    def spoke(self, serial: int, now: float) -> None:
        """Count a message that was sent without being asked for here: a ping or a pong."""
        link = self.link_of(serial)
        if link is not None:
            link.pace.sent(now)

    def answered(self, serial: int, request: int | None, error: str | None) -> list[Effect]:
        """Take the answer to a request; one without a number is for the oldest request."""
        link = self.link_of(serial)
        if link is None or not link.asked:
            return []
        number = next(iter(link.asked)) if request is None else request
        asked = link.asked.pop(number, None)
        if asked is None:
            return []
        if not asked.subscribe:
            link.leaving.difference_update(asked.tickers)
            return []
        still = link.tickers.keys() - link.leaving
        mine = tuple(ticker for ticker in asked.tickers if ticker in still)
        if error is not None:
            return self._refused(link, mine, error)
        link.tickers.update(dict.fromkeys(mine, True))
        return [Carried(mine)] if mine else []

    def _refused(self, link: Link, tickers: tuple[str, ...], error: str) -> list[Effect]:
        if len(tickers) == 1:
            return [Refused(tickers[0], error)]
        # One bad stream fails all of a request: the good ones are found one by one.
        link.alone.update(tickers)
        link.to_ask.update(dict.fromkeys(tickers, True))
        return []

    # -- what is due --------------------------------------------------------------------

    def due(self, now: float) -> list[Effect]:
        """Return what is to be done now, and count it as done."""
        effects: list[Effect] = []
        for link in self.links():
            if link.state is LinkState.WAITING and link.tickers:
                effects += self._connect(link, now)
            elif link.state is LinkState.OPEN:
                effects += self._tend(link, now)
            elif link.state is LinkState.WAITING:
                self._forget(link)
        return effects

    def wake_at(self, now: float) -> float:
        """Return when :meth:`due` has something to do that cannot wait for the next look."""
        times = [
            link.pace.free_at
            for link in self._links.values()
            if link.to_ask and link.state is LinkState.OPEN
        ]
        times += [
            max(link.due_at, self._held_until, self._budget.free_at(now))
            for link in self._links.values()
            if link.state is LinkState.WAITING
        ]
        return min(times, default=float("inf"))

    def _connect(self, link: Link, now: float) -> list[Effect]:
        ready = max(link.due_at, self._held_until, self._budget.free_at(now)) <= now
        if not ready:
            return []
        self._budget.spend(now)
        link.serial = next(self._serials)
        link.state = LinkState.CONNECTING
        return [Connect(link.serial)]

    def _tend(self, link: Link, now: float) -> list[Effect]:
        if any(now - asked.at >= ANSWER_WITHIN for asked in link.asked.values()):
            return self._dropped(link, "a request was not answered", now)
        if link.empty_since is not None and now - link.empty_since >= LINGER:
            self._forget(link)
            return [Drop(link.serial, "it carries nothing")]
        old = self._links.get(link.replaces or 0)
        if old is not None:
            return [*self._say(link, now), *self._switch(old, link, now)]
        moving = any(other.replaces is not None for other in self._links.values())
        if now - link.opened_at >= self._rules.reconnect_after and not moving:
            self.retire(link.serial, now)
        return self._say(link, now)

    def _switch(self, old: Link, link: Link, now: float) -> list[Effect]:
        if not link.complete:
            link.ready_at = None
            return []
        if link.ready_at is None:
            link.ready_at = now
        if now - link.ready_at < self._rules.overlap:
            return []
        return [Drop(old.serial, "it was replaced"), *self._taken_over(old, link)]

    def _dropped(self, link: Link, why: str, now: float) -> list[Effect]:
        serial = link.serial
        return [Drop(serial, why), *self.lost(serial, Trouble("reconnecting", why), now)]

    def _say(self, link: Link, now: float) -> list[Effect]:
        if not link.to_ask or not link.pace.may(now):
            return []
        number = next(self._requests)
        asked = link.next_request(number, max(1, CHUNK // len(self._rules.kinds)), now)
        text = request(number, asked.tickers, self._rules.kinds, subscribe=asked.subscribe)
        joins = link.replaces is not None
        return [Ask(link.serial, text, asked.tickers, asked.subscribe, joins)]


def request(number: int, tickers: Iterable[str], kinds: Sequence[str], *, subscribe: bool) -> str:
    """Return the request for all streams of some tickers; the answer has its number."""
    streams = [f"{ticker.lower()}@{kind}" for ticker in tickers for kind in kinds]
    method = "SUBSCRIBE" if subscribe else "UNSUBSCRIBE"
    return json.dumps({"method": method, "params": streams, "id": number})
