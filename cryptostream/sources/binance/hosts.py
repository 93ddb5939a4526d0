"""Which of the hosts is asked: the first, or the other where the first refuses the region."""

from __future__ import annotations

# How long (s) a host that refuses the region is not asked again: regions do not change often,
# but a laptop that travels does.
REFUSED_FOR = 3600.0


class Hosts:
    """The addresses in the order of preference; empty ones do not count. Times in s."""

    def __init__(self, *urls: str) -> None:
        self._urls = [url.rstrip("/") for url in urls if url]
        self._refused_until: dict[str, float] = {}

    def current(self, now: float) -> str | None:
        """Return the host to ask, ``None`` when all refuse."""
        return next((url for url in self._urls if self._refused_until.get(url, 0.0) <= now), None)

    def refused(self, url: str, now: float) -> None:
        """Note that a host refuses the region."""
        self._refused_until[url] = now + REFUSED_FOR

    def free_at(self) -> float:
        """Return when the first of those that refused may be asked again."""
        return min((self._refused_until.get(url, 0.0) for url in self._urls), default=0.0)
