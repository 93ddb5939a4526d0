"""Numbers as the exchange writes them: decimal text that must be what it says. Pure."""

from __future__ import annotations

from decimal import Decimal

from cryptostream.errors import ProtocolError

# Prices come with eight decimals whatever the tick size.
_POINT = slice(-9, -8)
_THOUSANDTH = Decimal("0.001")
# Enough of an absurd number to recognise it by in an error message.
_SHOWN = 40


def positive(text: str, zeros: str = "") -> Decimal:
    """Return a price or quantity, without the zeros that are finer than its grid.

    Raises:
        ProtocolError: it is not a number above zero.

    """
    if zeros and text[_POINT] == "." and text.endswith(zeros):
        text = text[: -len(zeros)]
    try:
        # A digit first: neither a sign nor "NaN" nor "Infinity".
        value = Decimal(text) if text[:1].isdecimal() else None
    except ArithmeticError:
        value = None
    if not value:
        raise ProtocolError(f"{text[:_SHOWN]!r} is neither a price nor a quantity")
    return value


def positive_or_none(text: str, zeros: str = "") -> Decimal | None:
    """Return one side of the book; nothing and zero mean that nobody stands there.

    Raises:
        ProtocolError: it is something else than a number.

    """
    return positive(text, zeros) if text.strip("0.") else None


def signed(text: str, zeros: str = "") -> Decimal:
    """Return a change, which may be zero or below.

    Raises:
        ProtocolError: it is not a number.

    """
    digits = text.removeprefix("-")
    if digits[:1] == "0" and not digits.strip("0."):
        return Decimal(0)
    value = positive(digits, zeros)
    return value if digits == text else -value


def changed(opened: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return the change in price and in percent."""
    change = price - opened
    return change, (100 * change / opened).quantize(_THOUSANDTH)
