"""What is believed of a page's price: parsing, stability before streaming, plausible jumps."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal

from cryptostream.sources.tradingview.numbers import parse_price

# A first price and its second reading may differ by this much: the market moves meanwhile.
_STABLE_PERCENT = Decimal(2)
# A price far from the last one is believed when so many different readings near it followed,
_MORE_READINGS = 2
# or when it stood for so long (ms): an outlier on a tape is gone with the next trade.
_STANDING_MS = 5_000.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the price node; ``at_ms`` is in ms on the page's clock."""

    text: str
    rule: str
    at_ms: float


@dataclass(slots=True)
class _Candidate:
    """A price that is not believed yet: since when it is shown, and what followed it."""

    price: Decimal
    rule: str
    since_ms: float
    text: str
    followed: int = 0


class Opinion(enum.Enum):
    """What the judge says of a reading."""

    ACCEPTED = "accepted"
    WAITING = "waiting"  # a second reading has to agree first
    UNREADABLE = "unreadable"
    IMPLAUSIBLE = "implausible"  # held until confirmed
    REPEATED = "repeated"


class Judge:
    """Takes the readings of one page in order; ``price`` is the last one that was believed."""

    def __init__(self, stability_ms: float, max_jump_percent: float) -> None:
        self._stability_ms = stability_ms
        self._max_jump = Decimal(str(max_jump_percent)) / 100
        self._candidate: _Candidate | None = None
        self.price: Decimal | None = None
        self.rule: str | None = None
        self.unreadable = 0
        self.implausible = 0

    @property
    def doubtful(self) -> bool:
        """Whether a price that is far from the last one waits for its confirmation."""
        return self.price is not None and self._candidate is not None

    def hear(self, reading: Reading, market: Decimal | None = None) -> Opinion:
        """Take a reading and say whether its price is believed.

        ``market`` is the middle of bid and ask where they are known: a price beside it needs
        no further witness.
        """
        price = parse_price(reading.text)
        if price is None:
            self.unreadable += 1
            return Opinion.UNREADABLE
        if self.price is None:
            return self._first(price, reading)
        if price == self.price:
            self._candidate = None
            return Opinion.REPEATED
        near = _near(price, self.price, self._max_jump)
        if near or (market is not None and _near(price, market, self._max_jump)):
            return self._accept(price, reading)
        # Bid and ask that contradict a price outweigh any number of readings of it.
        return self._far(price, reading, may_settle=market is None)

    def _first(self, price: Decimal, reading: Reading) -> Opinion:
        if self._stability_ms <= 0:
            return self._accept(price, reading)
        held = self._candidate
        near = held is not None and _near(price, held.price, _STABLE_PERCENT / 100)
        if held is None or held.rule != reading.rule or not near:
            # Of two that differ the newer is the candidate: a glitch must not stand in the way.
            self._candidate = _Candidate(price, reading.rule, reading.at_ms, reading.text)
            return Opinion.WAITING
        if reading.at_ms - held.since_ms >= self._stability_ms:
            return self._accept(price, reading)
        return Opinion.WAITING

    def _far(self, price: Decimal, reading: Reading, *, may_settle: bool) -> Opinion:
        held = self._candidate
        if held is None or not _near(price, held.price, self._max_jump):
            self._candidate = _Candidate(price, reading.rule, reading.at_ms, reading.text)
            self.implausible += 1
            return Opinion.IMPLAUSIBLE
        if reading.text != held.text:
            held.text = reading.text
            held.followed += 1
        standing = reading.at_ms - held.since_ms >= _STANDING_MS
        if may_settle and (standing or held.followed >= _MORE_READINGS):
            return self._accept(price, reading)
        return Opinion.IMPLAUSIBLE

    def _accept(self, price: Decimal, reading: Reading) -> Opinion:
        self._candidate = None
        self.price = price
        self.rule = reading.rule
        return Opinion.ACCEPTED


def _near(price: Decimal, other: Decimal, share: Decimal) -> bool:
    return abs(price - other) <= other * share
