"""What is believed of a page's price: parsing, stability before streaming, plausible jumps."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal

from cryptostream.sources.tradingview.numbers import parse_price

# A first price and its second reading may differ by this much: the market moves meanwhile.
_STABLE_PERCENT = Decimal(2)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the price node; ``at_ms`` is in ms on the page's clock."""

    text: str
    rule: str
    at_ms: float


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
        self._candidate: tuple[Decimal, Reading] | None = None
        self.price: Decimal | None = None
        self.rule: str | None = None
        self.unreadable = 0
        self.implausible = 0

    @property
    def doubtful(self) -> bool:
        """Whether a price that is far from the last one waits for its confirmation."""
        return self.price is not None and self._candidate is not None

    def hear(self, reading: Reading) -> Opinion:
        """Take a reading and say whether its price is believed."""
        price = parse_price(reading.text)
        if price is None:
            self.unreadable += 1
            return Opinion.UNREADABLE
        if self.price is None:
            return self._first(price, reading)
        if price == self.price:
            self._candidate = None
            return Opinion.REPEATED
        if self._near(price, self.price, self._max_jump):
            return self._accept(price, reading)
        return self._far(price, reading)

    def _first(self, price: Decimal, reading: Reading) -> Opinion:
        if self._confirmed(price, reading, _STABLE_PERCENT / 100):
            return self._accept(price, reading)
        if not self._waits(price, reading, _STABLE_PERCENT / 100):
            self._candidate = (price, reading)
        return Opinion.WAITING

    def _far(self, price: Decimal, reading: Reading) -> Opinion:
        if self._confirmed(price, reading, self._max_jump):
            return self._accept(price, reading)
        if not self._waits(price, reading, self._max_jump):
            self._candidate = (price, reading)
            self.implausible += 1
        return Opinion.IMPLAUSIBLE

    def _waits(self, price: Decimal, reading: Reading, within: Decimal) -> bool:
        """Whether the candidate is one that this reading may confirm, only not yet."""
        if self._candidate is None:
            return False
        held, before = self._candidate
        return before.rule == reading.rule and self._near(price, held, within)

    def _confirmed(self, price: Decimal, reading: Reading, within: Decimal) -> bool:
        if self._candidate is None:
            return self._stability_ms <= 0
        held, before = self._candidate
        apart = reading.at_ms - before.at_ms
        return (
            apart >= self._stability_ms
            and before.rule == reading.rule
            and self._near(price, held, within)
        )

    def _accept(self, price: Decimal, reading: Reading) -> Opinion:
        self._candidate = None
        self.price = price
        self.rule = reading.rule
        return Opinion.ACCEPTED

    @staticmethod
    def _near(price: Decimal, other: Decimal, share: Decimal) -> bool:
        return abs(price - other) <= other * share
