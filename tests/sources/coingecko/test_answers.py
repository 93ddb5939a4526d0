"""Bodies of CoinGecko: exact numbers, three shapes of errors, and anything at all."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import SourceError
from cryptostream.sources.coingecko.answers import (
    Failure,
    Quote,
    coins_by_symbol,
    failure_in,
    json_of,
    quotes_in,
)
from cryptostream.sources.coingecko.coins import Price

BTC = Price("bitcoin", "usd")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "status", "error_code", "usd", "id", "symbol", "bitcoin"])
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def quote_in(text):
    return quotes_in(json_of(text.encode()), ("usd",))[BTC]


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("3458.74", "3458.74"),
        ("67101", "67101"),
        ("0.1", "0.1"),
        ("2.456e-05", "0.00002456"),
        ("6.712345e+04", "67123.45"),
        ("123456789.123456789012345678", "123456789.123456789012345678"),
        ("1.2345678901234567e-18", "0.0000000000000000012345678901234567"),
        ("18446744073709551617", "18446744073709551617"),
    ],
)
def test_a_price_has_exactly_the_digits_of_the_text(number, last):
    assert quote_in(f'{{"bitcoin":{{"usd":{number}}}}}').last == Decimal(last)


def test_an_answer_is_read_as_the_service_documents_it():
    quote = quote_in(
        '{"bitcoin":{"usd":3458.74,"usd_market_cap":60574330199.29028,'
        '"usd_24h_change":1.2295378479069035,"last_updated_at":1549071865}}'
    )
    assert quote == Quote(Decimal("3458.74"), Decimal("1.2295378479069035"), 1549071865)


@pytest.mark.parametrize(
    "entry",
    [
        "{}",
        '{"usd":null}',
        '{"usd":0}',
        '{"usd":-1.5}',
        '{"usd":"67"}',
        '{"usd":true}',
        '{"usd":1e999999}',
        '{"usd":1e-999999}',
        '{"usd":[1]}',
        '{"eur":1}',
    ],
)
def test_what_is_no_price_is_none(entry):
    assert quote_in(f'{{"bitcoin":{entry}}}').last is None


@pytest.mark.parametrize("updated", ["null", "0", "-1", "1.5", "99999999999", "true", '"1"'])
def test_what_is_no_time_is_none(updated):
    assert quote_in(f'{{"bitcoin":{{"usd":1,"last_updated_at":{updated}}}}}').updated is None


def test_an_absent_coin_is_absent():
    assert quotes_in({}, ("usd",)) == {}


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"error": "coin not found"}, Failure(0, "coin not found")),
        (
            {"status": {"error_code": 429, "error_message": "too many", "timestamp": "t"}},
            Failure(429, "too many"),
        ),
        (
            {"error": {"status": {"error_code": 10002, "error_message": "no key"}}},
            Failure(10002, "no key"),
        ),
        (
            {"error_code": 10010, "status": {"error_code": 10010, "error_message": "host"}},
            Failure(10010, "host"),
        ),
        ({"status": {"error_code": "x"}}, Failure(0, "")),
        ({"error": "x" * 1000}, Failure(0, "x" * 200)),
        ({"status": {"usd": 1.5}}, None),
        ({"error": {"usd": 1.5}}, None),
        ({"bitcoin": {"usd": 1.5}}, None),
        ([], None),
    ],
)
def test_an_error_is_known_by_its_shape(body, failure):
    assert failure_in(body) == failure


def test_the_list_of_coins_keeps_namesakes_apart():
    rows = [
        {"id": "bitcoin", "symbol": "btc", "name": "Bitcoin"},
        {"id": "bridged-bitcoin", "symbol": "BTC", "name": "Bridged"},
        {"id": "solana", "symbol": "sol", "name": "Solana"},
    ]
    assert coins_by_symbol(rows) == {"btc": ["bitcoin", "bridged-bitcoin"], "sol": ["solana"]}


@pytest.mark.parametrize("value", [[], {}, None, [1], [{"id": 1, "symbol": "x"}], [{"id": "x"}]])
def test_what_is_no_list_of_coins_is_malformed(value):
    with pytest.raises(SourceError) as caught:
        coins_by_symbol(value)
    assert caught.value.code == "malformed"


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_no_body_can_do_more_than_be_malformed(body):
    try:
        value = json_of(body)
        failure_in(value)
        for read in (lambda v: quotes_in(v, ("usd", "eur")), coins_by_symbol):
            try:
                read(value)
            except SourceError as error:
                assert error.code == "malformed"  # noqa: PT017
    except SourceError as error:
        assert error.code == "malformed"  # noqa: PT017


def test_a_very_deep_body_is_malformed():
    with pytest.raises(SourceError):
        json_of(b"[" * 100_000)
