"""What an exchange lists, as values: one instrument, and the whole listing as it lies on disk."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

# Another form of the listing on disk has another number; a file of another form is not read.
FORM = 1
# Steps of real instruments lie between 1e-18 and 1e6; what is far outside is no step.
_FURTHEST = 30
# The digits that Python's decimals keep when they are normalized; no exchange writes as many.
_LONGEST = 28


class Instrument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instrument; ``ticker``, ``base`` and ``quote`` are capital letters and digits.

    ``status`` is the exchange's own word, ``trading`` what it means. ``tick_size`` is the step
    of prices, ``precision`` their decimals, ``lot_step`` the step of quantities; ``None`` where
    the exchange does not say.
    """

    ticker: str
    base: str
    quote: str
    status: str
    trading: bool
    tick_size: Decimal | None = None
    precision: int | None = None
    lot_step: Decimal | None = None
    kind: str = "spot"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A listing with where and when it was got; ``fetched`` is in seconds since the Unix epoch.

    ``etag`` is the exchange's name for this version of it; empty when it gives none.
    """

    form: int
    exchange: str
    url: str
    fetched: float
    etag: str
    instruments: tuple[Instrument, ...]


def step_of(value: object) -> Decimal | None:
    """Return a step of prices or quantities, or ``None`` for what is none: zero, say.

    Only text is read: a number of JSON may have lost its digits on the way.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        step = Decimal(value)
    except InvalidOperation:
        return None
    if not step.is_finite() or step <= 0 or abs(step.adjusted()) > _FURTHEST:
        return None
    return step.normalize()


def decimals_of(step: Decimal | None) -> int | None:
    """Return how many decimals the multiples of a step need."""
    if step is None:
        return None
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None


def plain(step: Decimal | None) -> str | None:
    """Return a step as text without an exponent, as people write it."""
    return None if step is None else format(step, "f")
