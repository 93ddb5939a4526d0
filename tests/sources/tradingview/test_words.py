import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.tradingview.words import ErrorPage, Facts, Pulse, Value, decode_word

FACTS = {
    "mutations": 3,
    "visible": "visible",
    "text": "67,123.45",
    "rule": "header",
    "shown": "",
    "mode": "tv-data-mode--realtime",
    "simulated": False,
}
AT = 1_700_000_000_123.25


def test_what_the_observer_says_becomes_a_value():
    assert decode_word(json.dumps(["v", "67,123.45", AT, "header", ["+1", "+2%"], 0])) == Value(
        "67,123.45", AT, "header", ["+1", "+2%"], 0
    )
    assert decode_word(json.dumps(["p", AT, FACTS])) == Pulse(AT, Facts(**FACTS))
    assert decode_word(json.dumps(["e", "blocked", "Just a moment"])) == ErrorPage(
        "blocked", "Just a moment"
    )


def test_facts_that_a_newer_observer_adds_are_ignored():
    assert decode_word(json.dumps(["p", AT, {**FACTS, "colour": "red"}])).at_ms == AT


@pytest.mark.parametrize("at_ms", [-1, 1e308, 1e15, "now", None])
def test_a_time_that_is_none_is_refused(at_ms):
    """A page could name any number; in ns it has to fit into 64 bits."""
    with pytest.raises(ProtocolError):
        decode_word(json.dumps(["v", "5", at_ms, "header", [], 0]))
    with pytest.raises(ProtocolError):
        decode_word(json.dumps(["p", at_ms, FACTS]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '["x"]',
        '["e","other","text"]',
        '["v","5"]',
        '["v",5,1,"r",[],0]',
        '["p",1,{}]',
        '["v","5",1,"r",[1],0]',
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ProtocolError):
        decode_word(text)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.tuples(st.sampled_from("vpe"), JUNK, JUNK, JUNK, JUNK).map(json.dumps),
        JUNK.map(json.dumps),
    )
)
@example('["p",1,{"x":' + "[" * 5_000 + "]" * 5_000 + "}]")
@example("\ud800")
def test_whatever_a_page_says_it_is_a_word_or_the_coded_error(text):
    try:
        word = decode_word(text)
    except ProtocolError:
        return
    assert isinstance(word, Value | Pulse | ErrorPage)
