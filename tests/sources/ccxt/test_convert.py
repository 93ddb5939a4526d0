"""ccxt's dictionaries as exact values."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.ccxt.convert import Print, Quote, exact, print_of, quote_of

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["last", "close", "bid", "ask", "change", "percentage", "baseVolume", "timestamp", "info"]


def test_a_ticker_as_ccxt_makes_it():
    ticker = {
        "symbol": "BTC/USD",
        "timestamp": 1549071865123,
        "last": 67102.3,
        "close": 67102.3,
        "bid": 67102.2,
        "ask": None,
        "change": -12.5,
        "percentage": 0.0,
        "baseVolume": 4719.0,
        "info": {"c": ["67102.30000", "0.1"], "b": ["67102.20000"], "v": "4719.00000000"},
    }
    assert quote_of(ticker) == Quote(
        last=Decimal("67102.30000"),
        bid=Decimal("67102.20000"),
        ask=None,
        change=Decimal("-12.5"),
        change_percent=Decimal("0.0"),
        volume=Decimal("4719.00000000"),
        at=1549071865123 * 10**6,
    )
    assert str(quote_of(ticker).last) == "67102.30000"


def test_without_last_the_close_counts():
    assert quote_of({"close": 1.5}).last == Decimal("1.5")


@pytest.mark.parametrize("value", [None, 0, -1.5, math.nan, math.inf, True, "x", [1], "1e99999"])
def test_what_is_no_price_is_none(value):
    assert quote_of({"last": value, "bid": value}) == Quote()


@pytest.mark.parametrize("value", [None, 0, -1, "2020", True, 1e18, math.nan])
def test_what_is_no_time_is_none(value):
    assert quote_of({"timestamp": value}).at is None


def test_a_trade_as_ccxt_makes_it():
    trade = {
        "id": "83449369",
        "price": 0.00001234,
        "amount": 40.0,
        "side": "sell",
        "timestamp": 1,
        "info": {"price": 0.00001234, "qty": 40.0},
    }
    expected = Print(Decimal("0.00001234"), Decimal("40.0"), "sell", "83449369", 10**6)
    assert print_of(trade) == expected


@pytest.mark.parametrize(
    ("trade", "side", "number"),
    [
        ({"side": "buy", "id": 7}, "buy", "7"),
        ({"side": None, "id": None}, None, None),
        ({"side": "SELL", "id": 1.5}, None, None),
        ({}, None, None),
    ],
)
def test_any_field_of_a_trade_may_be_missing(trade, side, number):
    found = print_of({"price": 1, "amount": 2} | trade)
    assert (found.side, found.id) == (side, number)


@pytest.mark.parametrize(
    "broken", [{"price": None}, {"price": 0}, {"amount": None}, {"amount": -1}]
)
def test_a_trade_without_price_or_quantity_is_none(broken):
    assert print_of({"price": 1.0, "amount": 1.0} | broken) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, "0.1"),
        (1e-9, "1E-9"),
        (123456789.12345678, "123456789.12345678"),
        ("0.10", "0.10"),
        (10**15, "1000000000000000"),
        (Decimal("1.50"), "1.50"),
        (True, None),
        ("nan", None),
        ("Infinity", None),
        ("1" * 50, None),
        ("\uff11", None),
        (10**100, None),
    ],
)
def test_a_number_is_the_shortest_that_means_it(value, number):
    found = exact(value, {})
    assert (None if found is None else str(found)) == number


@given(st.decimals(min_value=0, max_value=10**6, places=8))
def test_a_price_that_a_float_can_hold_is_exact(price):
    """Fifteen digits survive the way through a float."""
    assert exact(float(price), {}) == price


@given(st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{10,20}", fullmatch=True))
def test_a_longer_price_is_taken_from_its_text(text):
    assert quote_of({"last": float(text), "info": {"x": {"p": text}}}).last == Decimal(text)


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_nothing_that_ccxt_may_say_breaks_a_ticker(ticker):
    quote = quote_of(ticker)
    assert quote.last is None or quote.last > 0


@given(st.dictionaries(st.sampled_from(["id", "price", "amount", "side", "info"]), ANYTHING))
def test_nothing_that_ccxt_may_say_breaks_a_trade(trade):
    found = print_of(trade)
    assert found is None or (found.price > 0 and found.quantity > 0)
