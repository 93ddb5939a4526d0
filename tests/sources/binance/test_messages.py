"""Bytes of a stream connection become values, or an error with a code."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.messages import (
    Answer,
    BookMessage,
    DayMessage,
    Shutdown,
    TradeMessage,
    decode,
)

TRADE = (
    b'{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",'
    b'"T":1672515782135,"m":true,"M":true}'
)
BOOK = (
    b'{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",'
    b'"A":"40.66000000"}'
)
DAY = (
    b'{"e":"24hrTicker","E":1672515782136,"s":"BNBBTC","p":"0.0015","P":"250.00","w":"0.0018",'
    b'"x":"0.0009","c":"0.0025","Q":"10","b":"0.0024","B":"10","a":"0.0026","A":"100",'
    b'"o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18","O":0,"C":86400000,"F":0,'
    b'"L":18150,"n":18151}'
)
MINI = (
    b'{"e":"24hrMiniTicker","E":1672515782136,"s":"BNBBTC","c":"0.0025","o":"0.0010",'
    b'"h":"0.0025","l":"0.0010","v":"10000","q":"18"}'
)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (TRADE, TradeMessage("BNBBTC", 12345, "0.001", "100", 1672515782135, True)),
        (BOOK, BookMessage(400900217, "BNBUSDT", "25.35190000", "25.36520000")),
        (DAY, DayMessage("BNBBTC", "0.0025", "0.0010", "10000", "0.0015", "250.00")),
        (MINI, DayMessage("BNBBTC", "0.0025", "0.0010", "10000")),
        (b'{"e":"serverShutdown","E":1770123456789}', Shutdown()),
        (b'{"result":null,"id":1}', Answer(1)),
        (b'{"result":["btcusdt@aggTrade"],"id":3}', Answer(3)),
        (b'{"code":2,"msg":"Invalid request: x","id":4}', Answer(4, "Invalid request: x (2)")),
        (b'{"code":3,"msg":"Invalid JSON"}', Answer(None, "Invalid JSON (3)")),
        (b'{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2}',
         Answer(2, "Invalid request: invalid stream (2)")),
    ],
)  # fmt: skip
def test_documented_messages_are_read(payload, message):
    assert decode(payload) == message


@pytest.mark.parametrize("payload", [TRADE, BOOK, DAY, MINI])
def test_neither_order_nor_blanks_matter(payload):
    fields = json.loads(payload)
    turned = json.dumps(dict(reversed(fields.items())), indent=1).encode()
    assert decode(turned) == decode(payload)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "malformed"),
        (b"{}", "malformed"),
        (b"[1,2]", "malformed"),
        (b"null", "malformed"),
        (b'{"id":1}', "malformed"),
        (TRADE[:60], "malformed"),
        (b'{"e":"trade","s":"BNBBTC"}', "malformed"),
        (b'{"e":"trade","E":1,"s":"B","t":"x","p":"1","q":"1","T":1,"m":true}', "malformed"),
        (b'{"u":1,"s":"B"}', "malformed"),
        (b'{"e":"kline","E":1}', "unexpected"),
        (b'{"e":"trade\xff"}', "malformed"),
        (b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "malformed"),
    ],
)
def test_anything_else_is_an_error_with_a_code(payload, code):
    with pytest.raises(ProtocolError) as caught:
        decode(payload)
    assert caught.value.code == code


def read(payload):
    try:
        return type(decode(payload)).__name__
    except ProtocolError as error:
        return error.code


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_coded_error(payload):
    assert read(payload)


@given(st.sampled_from([TRADE, BOOK, DAY, MINI]), st.data())
def test_a_damaged_message_is_a_message_or_a_coded_error(payload, data):
    at = data.draw(st.integers(0, len(payload) - 1))
    damaged = bytearray(payload)
    damaged[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    assert read(bytes(damaged))
