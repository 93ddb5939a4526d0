"""Numbers of the exchange: exact text, trimmed to their grid, or refused."""

import contextlib
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.numbers import changed, positive, positive_or_none, signed

# What a record may carry: digits, at most one point, a minus only for a change.
NUMBER = re.compile(r"-?[0-9.]+", re.ASCII)


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
    ],
)
def test_zeros_finer_than_the_grid_are_left_out(text, zeros, number):
    assert positive(text, zeros) == number


@pytest.mark.parametrize(
    "text",
    ["", "0.00000000", "-1.0", "NaN", "Infinity", "abc", "1.2.3", " 1", "0", "1e5", "1_0", ".",
     "\u0661", "1" + "x" * 99, "1" * 41],
)  # fmt: skip
def test_what_is_no_number_above_zero_is_refused_in_few_words(text):
    with pytest.raises(ProtocolError) as caught:
        positive(text)
    assert len(caught.value.message) < 120


@pytest.mark.parametrize(
    ("text", "number"),
    [("-1.50000000", "-1.50"), ("0.00000000", "0"), ("-0.000", "0"), ("2.5", "2.5")],
)
def test_a_change_may_be_zero_or_below(text, number):
    assert signed(text, "000000") == number


@pytest.mark.parametrize("text", ["", "-", "--1", "NaN", "-NaN", ".", "+1", "-1e5"])
def test_a_change_that_is_no_number_is_refused(text):
    with pytest.raises(ProtocolError):
        signed(text)


def test_an_empty_side_of_the_book_is_none():
    assert positive_or_none("0.00000000") is None
    assert positive_or_none("") is None
    assert positive_or_none("1.5") == "1.5"


def test_the_change_is_in_price_and_in_percent():
    assert changed("200", "201") == ("1", "0.500")
    assert changed("200.0", "199.5") == ("-0.5", "-0.250")


def test_two_prices_of_different_worlds_have_no_change():
    with pytest.raises(ProtocolError):
        changed("0.00000001", "9" * 39)


@given(st.text(max_size=50), st.text("0", max_size=8))
def test_any_text_is_a_plain_number_or_refused(text, zeros):
    for read in (positive, positive_or_none, signed):
        with contextlib.suppress(ProtocolError):
            value = read(text, zeros)
            assert value is None or (NUMBER.fullmatch(value) and Decimal(value).is_finite())


@given(st.decimals(min_value="0.00000001", max_value=10**9, places=8), st.integers(0, 7))
def test_the_value_never_changes(value, zeros):
    text = format(value, "f")
    assert Decimal(positive(text, "0" * zeros)) == value
