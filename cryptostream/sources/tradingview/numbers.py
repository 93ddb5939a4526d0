"""Numbers as the pages print them: text to exact ``Decimal``, or no value, never a guess."""

from __future__ import annotations

import re
from decimal import Decimal

# Marks that steer the direction of text; some table numbers are wrapped in them.
_MARKS: dict[int, str | None] = {
    **dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    0x2212: "-",  # the minus of typographers
}
_UNITS = {"K": 3, "M": 6, "B": 9, "T": 12}
# No price in the world needs more; longer text is an accident, not a number.
MAX_LENGTH = 40

_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# No group of thousands begins with a zero: "0,123" has a decimal comma.
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")


def _cleaned(text: str) -> str:
    kept = text if text.isascii() else text.translate(_MARKS)
    return "".join(kept.split())


def parse_number(text: str) -> Decimal | None:
    """Return the number that a text shows, with the scale of the text; ``None`` for no value.

    Commas are accepted only as complete groups of thousands: ``67,12``, half of
    ``67,123.45``, is no value. A unit (K, M, B, T) is multiplied out.
    """
    if len(text) > MAX_LENGTH:
        return None
    bare = _cleaned(text)
    exponent = _UNITS.get(bare[-1:], 0)
    if exponent:
        bare = bare[:-1]
    if not _PLAIN.fullmatch(bare) and not _GROUPED.fullmatch(bare):
        return None
    # Written with its exponent, because arithmetic would round to 28 digits.
    return Decimal(bare.replace(",", "") + (f"E{exponent}" if exponent else ""))


def parse_price(text: str) -> Decimal | None:
    """Return the price that a text shows; zero and negative numbers are no price."""
    number = parse_number(text)
    return number if number is not None and number > 0 else None


def parse_percent(text: str) -> Decimal | None:
    """Return the percentage that a text shows, in percent; the oldest pages print parentheses."""
    bare = _cleaned(text).removeprefix("(").removesuffix(")")
    return parse_number(bare[:-1]) if bare.endswith("%") else None


def parse_changes(texts: list[str]) -> tuple[Decimal | None, Decimal | None]:
    """Return (change, change in percent) from texts in any order: the percent sign tells."""
    change = percent = None
    for text in texts:
        if "%" in text:
            percent = parse_percent(text)
        elif change is None:
            change = parse_number(text)
    return change, percent
