import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.wire.topics import KINDS, SYS_HEARTBEAT, kind_of, symbol_of, topic

SYMBOLS = st.from_regex(r"[A-Z][A-Z0-9_]{1,9}:[A-Z0-9]{2,10}(\.P)?", fullmatch=True)


@given(st.sampled_from(KINDS), SYMBOLS)
def test_a_topic_tells_its_kind_and_its_symbol(kind, symbol):
    name = topic(kind, symbol)
    assert (kind_of(name), symbol_of(name)) == (kind, symbol)


@given(st.sampled_from(KINDS), SYMBOLS, SYMBOLS)
def test_no_topic_is_a_prefix_of_another(kind, one, other):
    if one != other:
        assert not topic(kind, one).startswith(topic(kind, other))


def test_a_subscription_to_btcusd_does_not_match_btcusdt():
    assert not topic("tick", "BINANCE:BTCUSDT").startswith(topic("tick", "BINANCE:BTCUSD"))


def test_a_bar_topic_names_its_interval_before_its_symbol():
    assert kind_of(b"bar/1s/BINANCE:BTCUSDT/") == "bar"
    assert symbol_of(b"bar/1s/BINANCE:BTCUSDT/") == "BINANCE:BTCUSDT"


@pytest.mark.parametrize("name", [SYS_HEARTBEAT, b"", b"tick", b"tick/BINANCE:BTCUSDT"])
def test_a_topic_without_a_symbol_names_none(name):
    assert symbol_of(name) == ""


@given(st.binary())
def test_any_bytes_can_be_asked_for_kind_and_symbol(name):
    assert isinstance(kind_of(name), str)
    assert isinstance(symbol_of(name), str)
