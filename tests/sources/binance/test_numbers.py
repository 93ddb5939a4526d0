"""Numbers of the exchange: exact, trimmed to their grid, or refused."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.numbers import changed, positive, positive_or_none, signed


@pytest.mark.parametrize(
    ("text", "zeros", "number"),
    [
        ("67123.45000000", "000000", "67123.45"),
        ("67123.40000000", "000000", "67123.40"),
        ("67123.45600000", "000000", "67123.45600000"),
        ("67123.45000000", "", "67123.45000000"),
        ("1000000", "000000", "1000000"),
        ("0.00001234", "", "0.00001234"),
        ("5", "0000000", "5"),
        ("1e5", "", "1E+5"),
    ],
)
def test_zeros_finer_than_the_grid_are_left_out(text, zeros, number):
    assert str(positive(text, zeros)) == number


@pytest.mark.parametrize(
    "text", ["", "0.00000000", "-1.0", "NaN", "Infinity", "abc", "1.2.3", " 1", "0", "1" + "x" * 99]
)
def test_what_is_no_number_above_zero_is_refused_in_few_words(text):
    with pytest.raises(ProtocolError) as caught:
        positive(text)
    assert len(caught.value.message) < 120


@pytest.mark.parametrize(
    ("text", "number"),
    [("-1.50000000", "-1.50"), ("0.00000000", "0"), ("-0.000", "0"), ("2.5", "2.5")],
)
def test_a_change_may_be_zero_or_below(text, number):
    assert str(signed(text, "000000")) == number


@pytest.mark.parametrize("text", ["", "-", "--1", "NaN", "-NaN", "."])
def test_a_change_that_is_no_number_is_refused(text):
    with pytest.raises(ProtocolError):
        signed(text)


def test_an_empty_side_of_the_book_is_none():
    assert positive_or_none("0.00000000") is None
    assert positive_or_none("") is None
    assert positive_or_none("1.5") == Decimal("1.5")


def test_the_change_is_in_price_and_in_percent():
    assert changed(Decimal("200"), Decimal("201")) == (Decimal(1), Decimal("0.500"))
    assert changed(Decimal("200"), Decimal("199")) == (Decimal(-1), Decimal("-0.500"))


@given(st.text(max_size=40), st.text("0", max_size=8))
def test_any_text_is_a_finite_number_or_refused(text, zeros):
    for read in (positive, positive_or_none, signed):
        with contextlib.suppress(ProtocolError):
            value = read(text, zeros)
            assert value is None or value.is_finite()


@given(st.decimals(min_value="0.00000001", max_value=10**9, places=8), st.integers(0, 7))
def test_the_value_never_changes(value, zeros):
    text = format(value, "f")
    assert positive(text, "0" * zeros) == Decimal(text)
