"""How often something may be done: spacing, a budget, growing pauses. Pure; times in s."""

from __future__ import annotations

from collections import deque


class Pace:
    """Messages of one connection, spaced evenly.

    A burst of as many as a second allows would be within the limit when it leaves, and above it
    when the network brings it together with the next one.
    """

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self.free_at = 0.0

    def may(self, now: float) -> bool:
        """Tell whether a message may be sent now."""
        return now >= self.free_at

    def sent(self, now: float) -> None:
        """Count a message, one that could not wait (a pong) as well."""
        self.free_at = max(now, self.free_at) + self._gap


class Budget:
    """At most ``most`` in any ``period``; it holds so many times and no more."""

    def __init__(self, most: int, period: float) -> None:
        self._most = most
        self._period = period
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0

    def free_at(self, now: float, amount: int = 1) -> float:
        """Return when so much may be spent; ``now`` when it may be at once."""
        self._forget(now)
        left = self._total
        at = now
        for when, spent in self._spent:
            if left + amount <= self._most:
                break
            left -= spent
            at = when + self._period
        return at

    def spend(self, now: float, amount: int = 1) -> None:
        """Count it."""
        self._forget(now)
        self._spent.append((now, amount))
        self._total += amount

    def _forget(self, now: float) -> None:
        while self._spent and now - self._spent[0][0] >= self._period:
            self._total -= self._spent.popleft()[1]


def pause_before(attempt: int, first: float, cap: float, chance: float) -> float:
    """Return the wait before attempt 0, 1, 2, …; ``chance`` is from [0, 1].

    The longest wait doubles each time up to ``cap``. Full jitter: who was cut together must not
    come back together.
    """
    # 2.0 ** 64 of anything is past every cap, and larger exponents do not fit into a float.
    return min(cap, first * 2.0 ** min(attempt, 64)) * chance
