"""What the Binance replica allows, and how it counts: pure values, time (s) as an argument."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Self

_MINUTE = 60.0
# Requests that are still sent while the answer is 429 before the address is banned.
_PATIENCE = 10
# A ban lasts 2 minutes at first, twice as long each time, 3 days at most (s).
_FIRST_BAN, _LONGEST_BAN = 120.0, 259_200.0
_LIMITED, _BANNED = 429, 418


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the public documentation; periods in s, already scaled.

    ``ping`` is how often the server asks, ``pong`` how long it waits for the answer, ``day``
    how long a connection lives. ``messages`` may come in within ``second`` on one connection,
    ``attempts`` to connect within ``attempts_in``; ``weight`` is for REST requests in ``minute``.
    ``update`` is the period of the streams that come once a second.
    """

    ping: float = 20.0
    pong: float = 60.0
    day: float = 86_400.0
    second: float = 1.0
    messages: int = 5
    streams: int = 1024
    attempts: int = 300
    attempts_in: float = 300.0
    weight: int = 6000
    minute: float = _MINUTE
    update: float = 1.0

    @classmethod
    def scaled(cls, scale: float) -> Self:
        """Return the limits with every period multiplied."""
        real = cls()
        return cls(
            ping=real.ping * scale,
            pong=real.pong * scale,
            day=real.day * scale,
            second=real.second * scale,
            attempts_in=real.attempts_in * scale,
            minute=real.minute * scale,
            update=real.update * min(scale, 1.0),
        )


class Window:
    """Counts events in a sliding window; holds ``most`` times at most."""

    def __init__(self, most: int, period: float) -> None:
        self._most = most
        self._period = period
        self._times: deque[float] = deque()

    def takes(self, now: float) -> bool:
        """Count an event; return whether it is within the limit."""
        times = self._times
        while times and now - times[0] >= self._period:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True


@dataclass(frozen=True, slots=True)
class Toll:
    """What a request is told: the weight used in this minute, and the refusal if it is one.

    ``status`` is 0, 429 or 418; ``retry_after`` is in s, rounded up as the header wants it.
    """

    used: int
    status: int = 0
    retry_after: int = 0


class Weights:
    """The request weight of one address: used by the minute, refused above the limit.

    Who goes on while it is refused is banned, for longer each time.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._minute = -1
        self._used = 0
        self._refused = 0
        self._bans = 0
        self._banned_until = -math.inf

    def pay(self, weight: int, now: float) -> Toll:
        """Count a request of that weight."""
        if now < self._banned_until:
            return Toll(self._used, _BANNED, math.ceil(self._banned_until - now))
        minute = int(now // self._limits.minute)
        if minute != self._minute:
            self._minute, self._used, self._refused = minute, 0, 0
        self._used += weight
        if self._used <= self._limits.weight:
            return Toll(self._used)
        self._refused += 1
        if self._refused > _PATIENCE:
            return self._ban(now)
        rest = (minute + 1) * self._limits.minute - now
        return Toll(self._used, _LIMITED, math.ceil(rest))

    def _ban(self, now: float) -> Toll:
        scale = self._limits.minute / _MINUTE
        pause = min(_LONGEST_BAN, _FIRST_BAN * 2.0**self._bans) * scale
        self._bans += 1
        self._refused = 0
        self._banned_until = now + pause
        return Toll(self._used, _BANNED, math.ceil(pause))
