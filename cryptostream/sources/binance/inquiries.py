"""What is asked by REST: is a ticker listed, and what is its first value. Pure; times in s.

Questions are batched, few at a time, within a budget of request weight, and answers about
listings are kept for a while.
"""

from __future__ import annotations

import enum
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sources.binance.listing import TRADING, Listed
from cryptostream.sources.binance.pace import Budget, pause_before

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.errors import CryptoStreamError

# Tickers in one question: 100 is where the weight of /ticker/24hr doubles.
BATCH = 100
# Questions that may be open at the same time.
AT_ONCE = 4
# Half of the weight that Binance allows an address in a minute: others may live behind it too.
WEIGHT, WEIGHT_IN = 3000, 60.0
# How long an answer holds: a listing, and the finding that a ticker does not trade now.
LISTED_FOR, HALTED_FOR = 3600.0, 30.0
# Answers that are kept; the oldest gives way.
KEPT = 5000
_BACKOFF_FIRST, _BACKOFF_CAP = 1.0, 30.0
# Up to so many tickers /ticker/24hr weighs 2, above it 40.
_LIGHT = 20


class Kind(enum.Enum):
    """What is asked."""

    LISTING = "/api/v3/exchangeInfo"
    DAY = "/api/v3/ticker/24hr"


@dataclass(frozen=True, slots=True)
class Question:
    """One request."""

    kind: Kind
    tickers: tuple[str, ...]

    @property
    def params(self) -> dict[str, str]:
        """The query; one ticker and many are asked in the same way."""
        names = {"symbols": json.dumps(self.tickers, separators=(",", ":"))}
        return names | ({"showPermissionSets": "false"} if self.kind is Kind.LISTING else {})

    @property
    def weight(self) -> int:
        """What it costs, as documented."""
        if self.kind is Kind.LISTING:
            return 20
        return 2 if len(self.tickers) <= _LIGHT else 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the question whether a ticker is listed.

    ``listed`` is ``None`` when it is not; ``decided`` is false when nobody could say.
    """

    ticker: str
    listed: Listed | None
    decided: bool = True


class Inquiries:
    """Everything that is still to be asked; ``chance`` draws from [0, 1]."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._tickers: set[str] = set()
        self._wanted: dict[Kind, dict[str, None]] = {kind: {} for kind in Kind}
        self._groups: deque[Question] = deque()
        self._open: set[Question] = set()
        self._kept: dict[str, tuple[float, Listed | None]] = {}
        self._budget = Budget(WEIGHT, WEIGHT_IN)
        self._free_at = 0.0
        self._failures = 0

    def check(self, ticker: str, now: float) -> Verdict | None:
        """Return the verdict on a ticker if it is known, else ask.

        While nothing may be asked nobody can say: then the ticker goes on without a verdict.
        """
        self._tickers.add(ticker)
        until, listed = self._kept.get(ticker, (0.0, None))
        if now < until:
            return Verdict(ticker, listed)
        self._wanted[Kind.LISTING][ticker] = None
        return Verdict(ticker, None, decided=False) if now < self._free_at else None

    def day(self, ticker: str) -> None:
        """Ask for the numbers of the day."""
        self._tickers.add(ticker)
        self._wanted[Kind.DAY][ticker] = None

    def forget(self, ticker: str) -> None:
        """Ask nothing more about a ticker."""
        self._tickers.discard(ticker)
        for wanted in self._wanted.values():
            wanted.pop(ticker, None)

    def due(self, now: float) -> list[Question]:
        """Return the questions to ask now; each is answered or has failed later."""
        asked: list[Question] = []
        while now >= self._free_at and len(self._open) < AT_ONCE:
            question = self._next()
            if question is None:
                break
            if self._budget.free_at(now, question.weight) > now:
                self._groups.appendleft(question)
                break
            self._budget.spend(now, question.weight)
            self._open.add(question)
            asked.append(question)
        return asked

    def _next(self) -> Question | None:
        while self._groups:
            question = self._groups.popleft()
            names = tuple(name for name in question.tickers if name in self._tickers)
            if names:
                return Question(question.kind, names)
        # Whether it exists comes first: an unknown ticker fails a whole question.
        for kind in Kind:
            names = tuple(self._wanted[kind])[:BATCH]
            if names:
                for name in names:
                    del self._wanted[kind][name]
                return Question(kind, names)
        return None

    # -- what comes of it ---------------------------------------------------------------

    def answered(self, question: Question) -> None:
        """Take it that a question was answered."""
        self._open.discard(question)
        self._failures = 0

    def listing(self, question: Question, found: Mapping[str, Listed], now: float) -> list[Verdict]:
        """Take a listing; who is not in it does not exist."""
        return [self._decide(name, found.get(name), now) for name in question.tickers]

    def failed(
        self, question: Question, error: CryptoStreamError, now: float, *, at_once: bool = False
    ) -> list[Verdict]:
        """Take a failure; all is asked again, at once or after a pause.

        An unknown ticker fails a whole question: then its halves are asked.
        """
        self._open.discard(question)
        if error.code == "unknown_symbol":
            return self._divided(question, now)
        retry_after = getattr(error, "retry_after", None) or 0.0
        if not at_once:
            pause = pause_before(self._failures, _BACKOFF_FIRST, _BACKOFF_CAP, self._chance())
            self._failures += 1
            self._free_at = max(self._free_at, now + max(pause, retry_after))
        still = [name for name in question.tickers if name in self._tickers]
        self._wanted[question.kind].update(dict.fromkeys(still))
        if question.kind is Kind.DAY:
            return []
        return [Verdict(name, None, decided=False) for name in still]

    def _divided(self, question: Question, now: float) -> list[Verdict]:
        names = question.tickers
        if len(names) == 1:
            return [self._decide(names[0], None, now)]
        half = len(names) // 2
        for part in (names[half:], names[:half]):
            self._groups.appendleft(Question(question.kind, part))
        return []

    def _decide(self, name: str, listed: Listed | None, now: float) -> Verdict:
        holds = LISTED_FOR if listed is not None and listed.status == TRADING else HALTED_FOR
        self._kept.pop(name, None)
        self._kept[name] = (now + holds, listed)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return Verdict(name, listed)
