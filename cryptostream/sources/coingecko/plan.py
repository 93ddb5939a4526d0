"""When to ask CoinGecko for what: one shared poll within a budget of calls.

Pure; times are seconds on the caller's clock. The cost is one call for a batch of coins,
whoever watches them. Each coin is asked for once a period; several batches are spread evenly
over it. A new coin is asked for at once, together with those that come just after it.
"""

from __future__ import annotations

import ipaddress
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.sources.coingecko.coins import Price

Tariff = Literal["free", "demo", "pro"]

# A new coin waits so long (s) for others that are opened with it.
GATHER = 0.1
# How long CoinGecko itself keeps a price, in s: asking sooner gives the same one.
_CACHE: dict[Tariff, float] = {"free": 60.0, "demo": 60.0, "pro": 20.0}
# Calls a period. Without a key programs report 5 to 15 a minute; a demo key has 30 or more,
# the smallest paid plan 250.
_CALLS: dict[Tariff, int] = {"free": 5, "demo": 20, "pro": 200}
# The first pause after a failure is this part of the period, the longest so many periods.
_FIRST_PAUSE, _LONGEST_PAUSE = 1 / 8, 10.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call: these coins in these currencies."""

    coins: tuple[str, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """``period`` in s between two questions after a coin; ``calls`` that it has at most."""

    period: float
    calls: int
    batch: int


def budget_of(tariff: Tariff, period: float, batch: int, base_url: str) -> Budget:
    """Return the budget; no setting makes us ask a real host faster than its cache is renewed."""
    shortest = 0.0 if _is_local(base_url) else _CACHE[tariff]
    return Budget(max(period, shortest), _CALLS[tariff], batch)


def _is_local(base_url: str) -> bool:
    host = urllib.parse.urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Plan:
    """Decides on the next call; the caller makes it and says how it went."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._wanted: dict[str, set[str]] = {}
        self._asked: dict[str, float] = {}
        self._new: dict[str, float] = {}
        self._tokens = float(budget.calls)
        self._filled = 0.0
        self._last = float("-inf")
        self._paused = float("-inf")
        self._failures = 0

    @property
    def paused_until(self) -> float:
        """When the pause after a failure ends; in the past when there is none."""
        return self._paused

    def want(self, prices: Iterable[Price], now: float) -> None:
        """Say which prices are wanted, all of them."""
        before, self._wanted = self._wanted, {}
        for price in prices:
            self._wanted.setdefault(price.coin, set()).add(price.currency)
        for coin, currencies in self._wanted.items():
            if not currencies <= before.get(coin, set()):
                self._new.setdefault(coin, now)
        for known in (self._asked, self._new):
            for coin in known.keys() - self._wanted.keys():
                del known[coin]

    def due(self) -> float | None:
        """Return when the next call is due, ``None`` when nothing is wanted."""
        if not self._wanted:
            return None
        at = self._regular()
        if self._new:
            at = min(at, min(self._new.values()) + GATHER)
        return max(at, self._affordable(), self._paused)

    def next(self, now: float) -> Call | None:
        """Return the call that is due now and count it, ``None`` when none is."""
        due = self.due()
        if due is None or due > now:
            return None
        self._spend(now)
        self._last = now
        old = sorted(self._wanted.keys() - self._new.keys(), key=self._when)
        chosen = [*sorted(self._new, key=self._new.__getitem__), *old][: self._budget.batch]
        for coin in chosen:
            self._asked[coin] = now
            self._new.pop(coin, None)
        currencies = set[str]().union(*(self._wanted[coin] for coin in chosen))
        return Call(tuple(sorted(chosen)), tuple(sorted(currencies)))

    def spend(self, now: float) -> bool:
        """Take a call for something else from the budget; tell whether there was one."""
        if max(self._affordable(), self._paused) > now:
            return False
        self._spend(now)
        return True

    def answered(self) -> None:
        """Note that a call went well."""
        self._failures = 0

    def failed(
        self, coins: Iterable[str], now: float, asked: float | None, *, limited: bool
    ) -> float:
        """Note that a call after coins failed; return the pause until they are asked for again.

        The pause (s) is ``asked`` at least; when there were too many calls (``limited``), it is
        also a period at least.
        """
        self._failures += 1
        period = self._budget.period
        own = period * min(_FIRST_PAUSE * 2.0 ** min(self._failures - 1, 20), _LONGEST_PAUSE)
        pause = max(own, asked or 0.0, period if limited else 0.0)
        self._paused = now + pause
        for coin in self._wanted.keys() & set(coins):
            self._new.setdefault(coin, now)
        return pause

    # -- rules --------------------------------------------------------------------------

    def _regular(self) -> float:
        """Return when the next of the evenly spread calls is due."""
        if not self._asked:
            return float("inf")
        calls = -(-len(self._wanted) // self._budget.batch)
        return self._last + self._budget.period / min(calls, self._budget.calls)

    def _when(self, coin: str) -> float:
        return self._asked.get(coin, float("-inf"))

    def _affordable(self) -> float:
        """Return from when on there is a call left in the budget."""
        if self._tokens >= 1.0:
            return float("-inf")
        return self._filled + (1.0 - self._tokens) * self._budget.period / self._budget.calls

    def _spend(self, now: float) -> None:
        budget = self._budget
        fresh = (now - self._filled) * budget.calls / budget.period
        self._tokens = min(float(budget.calls), self._tokens + max(0.0, fresh)) - 1.0
        self._filled = now
