import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import CryptoStreamError, Overloaded, ProtocolError, RequestError
from cryptostream.wire import messages as m

# Map keys that MessagePack allows and nobody needs.
KEYS = st.one_of(st.text(), st.integers(-(2**63), 2**64 - 1), st.none(), st.booleans())
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)
ENVELOPES = st.fixed_dictionaries(
    {
        "v": st.one_of(st.just(1), JUNK),
        "id": JUNK,
        "op": st.one_of(st.sampled_from(sorted(m.OPERATIONS)), JUNK),
    },
    optional=dict.fromkeys(
        ("tickers", "client", "topic", "epoch", "seq", "limit", "add", "ticker", "text"), JUNK
    ),
)

REQUESTS = [
    m.Hello(client="me", agent="test"),
    m.Subscribe(tickers=["BTCUSDT", 7, None]),
    m.Unsubscribe(tickers=["BTCUSDT"]),
    m.Modify(add=["BTCUSDT"], remove=["ETHUSDT"]),
    m.Modify(),
    m.Set(tickers=[], generation=3),
    m.Snapshot(tickers=["BTCUSDT"]),
    m.Recover(topic="tick/BINANCE:BTCUSDT/", epoch=1, seq=2),
    m.History(ticker="BTCUSDT", kind="trade", limit=5),
    m.List(),
    m.Search(text="btc"),
    m.DaemonStatus(),
    m.Why(ticker="BTCUSDT"),
    m.Ping(),
    m.Bye(),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.op)
def test_a_request_comes_back_as_it_went(request_):
    assert m.decode_request(m.encode_request(5, request_)) == (5, request_)


def test_every_operation_has_been_tried_above():
    assert {request.op for request in REQUESTS} == set(m.OPERATIONS)


@given(st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode)))
def test_any_bytes_are_a_request_or_a_coded_error(body):
    _, found = m.decode_request(body)
    assert isinstance(found, m.Request | CryptoStreamError)


@given(ENVELOPES)
def test_any_fields_in_a_request_are_taken_or_refused_under_its_id(fields):
    call_id, found = m.decode_request(msgspec.msgpack.encode(fields))
    assert isinstance(found, m.Request | CryptoStreamError)
    usable = isinstance(fields["id"], int | str) and not isinstance(fields["id"], bool)
    assert call_id == (fields["id"] if usable else None)


@given(st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode)))
def test_any_bytes_are_an_answer_or_the_coded_error(body):
    try:
        fields = m.decode_answer(body)
    except ProtocolError:
        return
    assert isinstance(fields["ok"], bool)


@pytest.mark.parametrize("depth", [300, 900, 960, 990, 1_000, 100_000])
@pytest.mark.parametrize("field", [b"\xa1v", b"\xa2id", b"\xa2op", b"\xa7tickers", b"\xa1x"])
def test_deep_nesting_in_any_field_of_a_request_is_answered(depth, field):
    nested = field + b"\x91" * depth + b"\xc0"
    body = b"\x85\xa1v\x01\xa2id\x07\xa2op\xa9subscribe\xa7tickers\x90" + nested
    call_id, found = m.decode_request(body)
    assert call_id in (7, None)
    assert isinstance(found, m.Request | CryptoStreamError)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"v": 1, "id": 1, "op": "fly"}, "unknown_op"),
        ({"v": 1, "id": 1}, "unknown_op"),
        ({"v": 2, "id": 1, "op": "ping"}, "bad_version"),
        ({"v": True, "id": 1, "op": "ping"}, "bad_version"),
        ({"id": 1, "op": "ping"}, "bad_version"),
        ({"v": 1, "id": 1, "op": "subscribe"}, "bad_request"),
        ({"v": 1, "id": 1, "op": "subscribe", "tickers": "BTCUSDT"}, "bad_request"),
        ({"v": 1, "id": 1, "op": "recover", "topic": "x", "epoch": 1, "seq": 1.5}, "bad_request"),
        ([1], "malformed"),
        (None, "malformed"),
    ],
)
def test_a_wrong_request_is_refused_with_a_code_and_a_remedy(fields, code):
    _, error = m.decode_request(msgspec.msgpack.encode(fields))
    assert isinstance(error, CryptoStreamError)
    assert error.code == code
    assert error.hint


def test_fields_that_are_not_known_here_are_ignored():
    body = msgspec.msgpack.encode({"v": 1, "id": "a", "op": "ping", "colour": "red"})
    assert m.decode_request(body) == ("a", m.Ping())


@pytest.mark.parametrize("call_id", [None, True, 1.5, [], {}, b"x"])
def test_an_id_that_is_neither_number_nor_text_is_answered_as_none(call_id):
    found, _ = m.decode_request(msgspec.msgpack.encode({"v": 1, "id": call_id, "op": "ping"}))
    assert found is None


def test_an_error_travels_with_code_message_hint_and_whether_to_try_again():
    error = Overloaded("full", code="too_many_clients", hint="end one")
    fields = m.decode_answer(m.encode_refusal(3, error))
    assert (fields["id"], fields["ok"]) == (3, False)
    back = m.error_of(fields["error"])
    assert (back.code, back.message, back.hint, back.retriable) == (
        "too_many_clients",
        "full",
        "end one",
        True,
    )


@given(JUNK)
def test_whatever_stands_in_the_place_of_an_error_an_error_comes_of_it(junk):
    assert isinstance(m.error_of(junk), RequestError)


def test_a_good_answer_carries_its_fields_beside_the_envelope():
    assert m.decode_answer(m.encode_answer("x", {"epoch": 5})) == {
        "v": 1,
        "id": "x",
        "ok": True,
        "epoch": 5,
    }
