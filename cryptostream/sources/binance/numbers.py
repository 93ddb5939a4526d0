"""Numbers as the exchange writes them: decimal text that must be what it says. Pure.

They stay text on their way through: it is checked here once, and goes out as it came.
"""

from __future__ import annotations

from decimal import Decimal

from cryptostream.errors import ProtocolError

# Prices come with eight decimals whatever the tick size.
_POINT = slice(-9, -8)
_THOUSANDTH = Decimal("0.001")
# The longest number that is believed; eight decimals leave 31 digits before the point.
_LONGEST = 40


def positive(text: str, zeros: str = "") -> str:
    """Return a price or quantity, without the zeros that are finer than its grid.

    Raises:
        ProtocolError: it is not a number above zero.

    """
    # As in _is_number(), whose call would cost as much as what it does.
    if (
        text.isascii()
        and text.replace(".", "", 1).isdecimal()
        and len(text) <= _LONGEST
        and (text[0] != "0" or text.strip("0."))
    ):
        if zeros and text[_POINT] == "." and text.endswith(zeros):
            return text[: -len(zeros)]
        return text
    raise ProtocolError(f"{text[:_LONGEST]!r} is neither a price nor a quantity")


def positive_or_none(text: str, zeros: str = "") -> str | None:
    """Return one side of the book; nothing and zero mean that nobody stands there.

    Raises:
        ProtocolError: it is something else than a number.

    """
    if text and (text[0] != "0" or text.strip("0.")):
        return positive(text, zeros)
    return None


def signed(text: str, zeros: str = "") -> str:
    """Return a change, which may be zero or below.

    Raises:
        ProtocolError: it is not a number.

    """
    digits = text.removeprefix("-")
    if not _is_number(digits):
        raise ProtocolError(f"{text[:_LONGEST]!r} is no change of a price")
    if not digits.strip("0."):
        return "0"
    return positive(digits, zeros) if digits == text else f"-{positive(digits, zeros)}"


def changed(opened: str, price: str) -> tuple[str, str]:
    """Return the change in price and in percent.

    Raises:
        ProtocolError: the two are no prices of one market: they are too far from each other.

    """
    before = Decimal(opened)
    change = Decimal(price) - before
    try:
        percent = (100 * change / before).quantize(_THOUSANDTH)
    except ArithmeticError as error:
        raise ProtocolError(f"from {opened} to {price} is no change of a price") from error
    return format(change, "f"), format(percent, "f")


def _is_number(text: str) -> bool:
    """Tell whether a text is digits with at most one point: no sign, no exponent, no blanks."""
    return len(text) <= _LONGEST and text.isascii() and text.replace(".", "", 1).isdecimal()
