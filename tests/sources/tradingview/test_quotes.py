import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cryptostream.sources.tradingview.quotes import Quote, split_frames

SYMBOL = "BINANCE:BTCUSDT"


def framed(*payloads: str) -> str:
    """Return payloads as one message; lengths count UTF-16 units."""
    units = [len(payload.encode("utf-16-le", "surrogatepass")) // 2 for payload in payloads]
    return "".join(f"~m~{n}~m~{payload}" for n, payload in zip(units, payloads, strict=True))


def delta(symbol: str = SYMBOL, status: str = "ok", **values) -> str:
    return framed(json.dumps({"m": "qsd", "p": ["qs_1", {"n": symbol, "s": status, "v": values}]}))


def raw(values: str) -> str:
    """Return a delta whose values are this text, for numbers that JSON libraries would round."""
    return framed(f'{{"m":"qsd","p":["qs_1",{{"n":"{SYMBOL}","s":"ok","v":{{{values}}}}}]}}')


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_the_payloads_of_a_message_come_apart_as_they_were_joined(payloads):
    assert split_frames(framed(*payloads)) == payloads


def test_lengths_count_utf_16_units_and_not_characters():
    assert split_frames(framed("\N{ROCKET}é", "~h~1")) == ["\N{ROCKET}é", "~h~1"]


@pytest.mark.parametrize("rest", ["~m~99~m~short", "garbage", "~m~", "~m~-1~m~x", "~m~1"])
def test_what_is_well_formed_before_a_fault_is_kept(rest):
    assert split_frames(framed("one", "two") + rest) == ["one", "two"]
    assert split_frames(framed("é") + rest) == ["é"]


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_split(text):
    assert all(isinstance(payload, str) for payload in split_frames(text))


def test_deltas_are_merged_and_name_what_changed():
    quote = Quote(SYMBOL)
    assert quote.feed(delta(lp=67123.45, bid=67123.4, volume=1)) == {"lp", "bid", "volume"}
    assert quote.feed(delta(lp=67123.45, bid=67123.5)) == {"bid"}
    assert quote.values == {
        "lp": Decimal("67123.45"),
        "bid": Decimal("67123.5"),
        "volume": Decimal(1),
    }
    assert quote.frames == 2


def test_other_symbols_and_other_messages_change_nothing():
    quote = Quote(SYMBOL)
    quote.feed(delta("BINANCE:BTCUSDTX", lp=1))
    quote.feed(framed(json.dumps({"m": "quote_completed", "p": ["qs_1", SYMBOL]})))
    assert quote.values == {}
    assert quote.frames == 0


def test_a_symbol_in_its_long_form_is_the_same_symbol():
    quote = Quote(SYMBOL)
    name = '={"session":"regular","symbol":"BINANCE:BTCUSDT"}'
    assert quote.feed(delta(name, lp=5)) == {"lp"}


def test_heartbeats_are_counted():
    quote = Quote(SYMBOL)
    quote.feed(framed("~h~1", "~h~2"))
    assert quote.heartbeats == 2


def test_the_binary_noise_of_floats_is_cut_off():
    quote = Quote(SYMBOL)
    quote.feed(raw('"volume":6219.8907475200003319,"lp":0.10000000000000001,"bid":1e-7'))
    assert quote.values["volume"] == Decimal("6219.89074752000")
    assert quote.values["lp"] == Decimal("0.1")
    assert quote.values["bid"] == Decimal("0.0000001")


def test_the_mode_and_the_error_of_a_symbol_are_noted():
    quote = Quote(SYMBOL)
    quote.feed(delta(update_mode="delayed_streaming_900"))
    quote.feed(framed(json.dumps({"m": "qsd", "p": ["q", {"n": SYMBOL, "s": "error"}]})))
    assert quote.mode == "delayed_streaming_900"
    assert quote.error


@pytest.mark.parametrize(
    "value", ['"67123"', "null", "true", "NaN", "Infinity", "-Infinity", "[1]", '{"a":1}']
)
def test_what_is_no_number_changes_nothing(value):
    quote = Quote(SYMBOL)
    assert quote.feed(raw(f'"lp":{value}')) == frozenset()
    assert quote.values == {}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SYMBOL),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["m", "p", "n", "s", "v", "lp", "errmsg"]), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.one_of(st.text(), JUNK.map(lambda junk: framed(json.dumps(junk)))))
@example(raw('"lp":1e999999999999999999999'))
@example(raw(f'"lp":{"9" * 5000}'))
@example(raw('"lp":12345678901234567890e999999'))
@example(framed(SYMBOL + "[" * 5_000))
@example(framed('{"m":"qsd","p":["' + SYMBOL + '",' + "[" * 5_000 + "]" * 5_000 + "]}"))
def test_whatever_a_page_receives_it_can_be_fed(text):
    quote = Quote(SYMBOL)
    assert quote.feed(text) == set(quote.values)
    assert all(value.is_finite() for value in quote.values.values())


@settings(deadline=None)
@given(JUNK, JUNK)
def test_whatever_stands_in_a_delta_it_can_be_fed(delta_, values):
    quote = Quote(SYMBOL)
    for found in (delta_, {"n": SYMBOL, "s": "ok", "v": values}):
        quote.feed(framed(json.dumps({"m": "qsd", "p": ["q", found]})))
    assert all(value.is_finite() for value in quote.values.values())


def test_a_long_message_with_other_than_ascii_text_is_split_in_one_pass():
    """Each step looks at its own frame only: a page could make us busy for minutes."""
    payloads = ["é"] * 20_000
    assert split_frames(framed(*payloads)) == payloads
