"""What viewers say: whatever the bytes are, the answer is a value."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import CryptoStreamError, UnknownSymbol
from cryptostream.gateway import messages as m
from cryptostream.gateway.encoding import Codec, encode_message


@pytest.mark.parametrize("codec", Codec)
def test_a_request_is_read_in_both_forms(codec):
    fields = {"op": "subscribe", "id": "x", "tickers": ["a", 7], "kinds": ["trade"]}
    request_id, request = m.decode_request(codec, encode_message(codec, fields))

    assert request_id == "x"
    assert isinstance(request, m.Subscribe)
    assert (request.tickers, request.kinds, request.interval_ms) == (["a", 7], ("trade",), None)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"op": "nothing"}, "unknown_op"),
        ({}, "unknown_op"),
        ({"op": ["ping"]}, "unknown_op"),
        ({"op": "ping", "extra": 1}, "bad_request"),
        ({"op": "subscribe"}, "bad_request"),
        ({"op": "subscribe", "tickers": "BTC"}, "bad_request"),
        ({"op": "subscribe", "tickers": [], "interval_ms": -1}, "bad_request"),
        ({"op": "subscribe", "tickers": [], "interval_ms": 60_001}, "bad_request"),
        ({"op": "subscribe", "tickers": [], "kinds": ["bar"]}, "bad_request"),
        ({"op": "hello", "client_id": "x" * 129}, "bad_request"),
        ({"op": "hello", "recover": {"A": {"tick": [1]}}}, "bad_request"),
    ],
)
def test_what_is_wrong_with_a_request_has_a_code(fields, code):
    request_id, error = m.decode_request(Codec.JSON, msgspec.json.encode({"id": 3, **fields}))
    assert request_id == 3
    assert error.code == code


def test_an_id_that_cannot_be_one_is_none():
    for wrong in (True, 1.5, [1], None):
        body = msgspec.json.encode({"op": "ping", "id": wrong})
        assert m.decode_request(Codec.JSON, body)[0] is None


@given(st.one_of(st.binary(), st.text()), st.sampled_from(Codec))
def test_any_bytes_are_answered(body, codec):
    _, request = m.decode_request(codec, body)
    assert isinstance(request, CryptoStreamError | m.Asked)


def test_deep_nesting_is_answered():
    assert m.decode_request(Codec.JSON, "[" * 60_000)[1].code == "malformed"


def test_a_refused_ticker_says_why_and_what_is_near():
    error = UnknownSymbol("no such symbol")
    error.suggestions = ("A:B",)
    result = m.refused("x", error, "BINANCE:X")
    assert result["suggestions"] == ["A:B"]
    assert (result["symbol"], result["error"]["code"]) == ("BINANCE:X", "unknown_symbol")
    assert m.refused(7, error)["ticker"] == "7"
