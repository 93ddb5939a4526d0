"""What REST answers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.listing import (
    Grid,
    Listed,
    decode_days,
    decode_listing,
    decode_refusal,
    zeros_of,
)

INFO = (
    b'{"timezone":"UTC","symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":['
    b'{"filterType":"PRICE_FILTER","minPrice":"0.01","tickSize":"0.01000000"},'
    b'{"filterType":"LOT_SIZE","stepSize":"0.00001000"},{"filterType":"NEW","limit":7}]},'
    b'{"symbol":"OLD","status":"SOMETHING_NEW"}],"sors":[]}'
)


def test_a_listing_tells_status_and_grids():
    assert decode_listing(INFO) == {
        "BTCUSDT": Listed("TRADING", Grid("000000", "000")),
        "OLD": Listed("SOMETHING_NEW", Grid()),
    }


@pytest.mark.parametrize(
    ("step", "zeros"),
    [
        ("0.01000000", "000000"),
        ("0.01", "000000"),
        ("0.00000001", ""),
        ("0.10000000", "0000000"),
        ("1.00000000", "0000000"),
        ("10", "0000000"),
        ("0.00000000", ""),
        ("", ""),
    ],
)
def test_the_zeros_that_say_nothing(step, zeros):
    assert zeros_of(step) == zeros


def test_the_day_of_several_tickers():
    body = (
        b'[{"symbol":"A","lastPrice":"1","priceChange":"-2","priceChangePercent":"3",'
        b'"volume":"4","closeTime":5,"bidPrice":"6","askPrice":"7","count":8},'
        b'{"symbol":"B","lastPrice":"1","priceChange":"2","priceChangePercent":"3",'
        b'"volume":"4","closeTime":5}]'
    )
    days = decode_days(body)
    assert (days["A"].bid, days["A"].change, days["B"].ask) == ("6", "-2", "")


def test_a_refusal_has_a_code_or_is_a_page():
    assert decode_refusal(b'{"code":-1121,"msg":"Invalid symbol."}') == (-1121, "Invalid symbol.")
    assert decode_refusal(b"<html>") == (0, "")


@pytest.mark.parametrize("decode", [decode_listing, decode_days])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'[{"symbol":1}]', INFO[:100]])
def test_anything_else_is_an_error(decode, body):
    with pytest.raises(ProtocolError):
        decode(body)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(body):
    for decode in (decode_listing, decode_days, decode_refusal):
        with contextlib.suppress(ProtocolError):
            decode(body)
