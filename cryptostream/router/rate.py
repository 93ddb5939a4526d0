"""How many requests a connection may send: a token bucket each, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class RateLimit:
    """``rate`` requests a second for each connection, ``burst`` at once; time is an argument."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._buckets: dict[bytes, _Bucket] = {}

    def allows(self, route: bytes, now: float) -> bool:
        """Take one request of a connection; return whether it is within the limit."""
        bucket = self._buckets.get(route)
        if bucket is None:
            bucket = self._buckets[route] = _Bucket(self._burst, now)
        earned = (now - bucket.filled) * self._rate
        bucket.tokens = min(self._burst, bucket.tokens + earned)
        bucket.filled = now
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True

    def forget_idle(self, now: float) -> None:
        """Drop the buckets that are full again: they say nothing."""
        whole = self._burst / self._rate
        self._buckets = {
            route: bucket for route, bucket in self._buckets.items() if now - bucket.filled < whole
        }

    def __len__(self) -> int:
        """Return how many connections are remembered."""
        return len(self._buckets)
