"""Single moments of a session; the laws over any sequence are in test_session_lossy."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import BadSymbol, Overloaded, RequestError
from cryptostream.router.tape import Tape
from cryptostream.wire import messages as m
from cryptostream.wire.effects import (
    Accepted,
    Answer,
    Connected,
    Deafen,
    Gap,
    Listen,
    Rejected,
    Send,
)
from cryptostream.wire.frames import EMPTY_PAYLOAD, Message, encode_meta
from cryptostream.wire.session import Session
from cryptostream.wire.topics import KINDS, SYS_HEARTBEAT, topic
from tests.wire.sessions import (
    EPOCH,
    SYMBOL,
    TOPICS,
    accept,
    connected,
    only,
    requests,
    sent,
    welcome,
)


def test_a_session_listens_before_it_says_hello_and_says_hello_before_anything_else():
    session = Session("me", agent="test 1")
    assert session.subscribe(["binance:btcusdt"], 0.0) == []

    out = session.started(0.0)

    assert [effect.topic for effect in only(Listen, out)] == [SYS_HEARTBEAT, *TOPICS]
    assert requests(out) == [m.Hello(client="me", agent="test 1")]
    assert isinstance(out[-1], Send)


def test_a_ticker_without_an_exchange_waits_for_the_daemon_to_say_which_it_means():
    session = Session("me")
    assert session.subscribe(["btcusd", "ethusd"], 0.0) == []
    assert only(Rejected, session.subscribe(["???"], 0.0)) != []
    session.unsubscribe(["ETHUSD"], 0.0)
    assert session.wanted() == []

    out = welcome(session, session.started(0.0), default_exchange="KRAKEN")

    assert session.wanted() == ["KRAKEN:BTCUSD"]
    assert [one.topic for one in only(Listen, out)] == [
        topic(kind, "KRAKEN:BTCUSD") for kind in KINDS
    ]
    assert isinstance(out[-1], Send)  # it asks for the image when it listens already
    assert requests(out) == [m.Set(tickers=["KRAKEN:BTCUSD"], generation=1)]
    said = accept(session, out, Tape(EPOCH, 100))
    assert only(Accepted, said) == [Accepted("btcusd", "KRAKEN:BTCUSD")]
    session.unsubscribe(["BTCUSD"], 0.0)
    assert session.wanted() == []


def test_a_ticker_means_what_it_meant_when_it_was_wanted():
    """The daemon may come back with another default exchange."""
    session = Session("me")
    session.subscribe(["BTCUSD"], 0.0)
    welcome(session, session.started(0.0), default_exchange="KRAKEN")
    session.clock(10.0)
    welcome(session, session.started(11.0), 11.0, default_exchange="BINANCE")

    assert only(Listen, session.subscribe(["btcusd"], 11.0)) == []
    assert session.wanted() == ["KRAKEN:BTCUSD"]
    session.unsubscribe(["btcusd"], 11.0)
    assert session.wanted() == []
    session.subscribe(["btcusd"], 11.0)
    assert session.wanted() == ["BINANCE:BTCUSD"]


def test_a_default_exchange_that_is_none_refuses_what_needs_one():
    session = Session("me")
    session.subscribe(["BTCUSD"], 0.0)
    out = welcome(session, session.started(0.0), default_exchange="?")
    assert [one.ticker for one in only(Rejected, out)] == ["BTCUSD"]


def test_what_the_daemon_has_not_confirmed_is_not_accepted_and_all_ways_of_writing_are_told():
    session, tape = connected()
    out = session.subscribe(["btcusdt", "BTCUSDT", "btcusdt"], 0.0)
    assert only(Accepted, out) == []
    assert session.subscribe(["Binance:BTCUSDT"], 0.0) == []

    said = accept(session, out, tape)

    assert [one.ticker for one in only(Accepted, said)] == ["btcusdt", "BTCUSDT", "Binance:BTCUSDT"]


def test_an_answer_to_an_older_wish_says_nothing_of_a_newer_one():
    session, tape = connected()
    first = session.subscribe(["BTCUSDT"], 0.0)
    session.unsubscribe(["BTCUSDT"], 0.0)
    second = session.subscribe(["BTCUSDT"], 0.0)

    [(call_id, _)] = sent(first)
    refused = RequestError("too large")
    assert session.answer(m.encode_refusal(call_id, refused), 0.0) == []
    assert session.wanted() == [SYMBOL]
    assert only(Accepted, accept(session, first, tape)) == []
    assert only(Accepted, accept(session, second, tape)) == [Accepted("BTCUSDT", SYMBOL)]


def test_the_welcome_is_told_and_followed_by_the_whole_wanted_set():
    session = Session("me")
    session.subscribe(["ethusdt", "btcusdt"], 0.0)
    out = welcome(session, session.started(0.0), simulated=True)
    assert only(Connected, out) == [Connected(EPOCH, simulated=True)]
    assert requests(out) == [m.Set(tickers=["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"], generation=1)]
    assert (session.lease, session.heartbeat) == (9.0, 1.0)


def test_an_empty_wish_is_declared_too():
    """The daemon may still hold what was unsubscribed while it could not be reached."""
    session, _ = connected("BTCUSDT")
    session.clock(10.0)
    session.unsubscribe(["BTCUSDT"], 10.0)
    out = welcome(session, session.started(11.0), now=11.0)
    assert requests(out) == [m.Set(tickers=[], generation=2)]


def test_every_ticker_is_accepted_or_rejected_by_name():
    session = Session("me")
    assert isinstance(session.subscribe(["???"], 0.0)[0], Rejected)
    session.subscribe(["btcusdt", "nosuch"], 0.0)
    out = welcome(session, session.started(0.0))
    [(call_id, _)] = sent(out)
    results = [
        {"ticker": SYMBOL, "symbol": SYMBOL, "ok": True, "images": []},
        {
            "ticker": "BINANCE:NOSUCH",
            "symbol": "BINANCE:NOSUCH",
            "ok": False,
            "error": {"code": "unknown_symbol", "message": "no", "retriable": False, "hint": "?"},
            "suggestions": ["BINANCE:SUCH"],
        },
    ]

    out = session.answer(m.encode_answer(call_id, {"results": results}), 0.0)

    assert only(Accepted, out) == [Accepted("btcusdt", SYMBOL)]
    [rejected] = only(Rejected, out)
    assert (rejected.ticker, rejected.error.code) == ("nosuch", "unknown_symbol")
    assert rejected.suggestions == ("BINANCE:SUCH",)
    assert [effect.topic for effect in only(Deafen, out)] == [
        topic(kind, "BINANCE:NOSUCH") for kind in KINDS
    ]
    assert session.wanted() == [SYMBOL]


def test_a_ticker_added_later_is_listened_to_first_and_then_asked_for():
    session, _ = connected()
    out = session.subscribe(["BTCUSDT"], 0.0)
    assert [type(effect) for effect in out] == [Listen, Listen, Listen, Send]
    assert requests(out) == [m.Modify(add=[SYMBOL])]


def test_a_ticker_that_is_wanted_already_is_accepted_at_once():
    session, _ = connected("BTCUSDT")
    assert session.subscribe(["binance:btcusdt"], 0.0) == [Accepted("binance:btcusdt", SYMBOL)]


def test_a_bad_ticker_does_not_keep_the_others_from_being_unsubscribed():
    session, _ = connected("BTCUSDT")
    out = session.unsubscribe(["BTCUSDT", "???"], 0.0)
    assert requests(out) == [m.Modify(remove=[SYMBOL])]
    [rejected] = only(Rejected, out)
    assert isinstance(rejected.error, BadSymbol)
    assert session.wanted() == []


def test_nothing_of_an_unsubscribed_ticker_is_delivered():
    session, tape = connected("BTCUSDT")
    late = tape.publish(TOPICS[0], b"\xc1", 1, 0, 1)
    out = session.unsubscribe(["BTCUSDT"], 0.0)
    assert [effect.topic for effect in only(Deafen, out)] == TOPICS
    assert session.data(late, 0.0) == []
    assert session.position(TOPICS[0]) is None


def test_a_declaration_that_is_not_answered_is_made_again_as_it_is_wished_now():
    """Repeating an old removal could take away what was asked for since."""
    session, tape = connected("BTCUSDT")
    session.unsubscribe(["BTCUSDT"], 0.0)
    accept(session, session.subscribe(["BTCUSDT"], 0.5), tape, 0.5)

    out = session.clock(2.5)

    declared = [request for request in requests(out) if not isinstance(request, m.Ping)]
    assert declared == [m.Set(tickers=[SYMBOL], generation=2)]


def test_a_request_of_the_users_own_is_answered_or_refused_or_given_up():
    session, _ = connected()
    [(call_id, _)] = sent(session.request(m.List(), 0.0, within=2.0))
    assert session.last_call == call_id
    [answer] = session.answer(m.encode_answer(call_id, {"tickers": []}), 0.1)
    assert (answer.call_id, answer.fields["tickers"], answer.error) == (call_id, [], None)

    [(call_id, _)] = sent(session.request(m.Why(ticker="?"), 0.0, within=2.0))
    [answer] = session.answer(m.encode_refusal(call_id, BadSymbol("no")), 0.1)
    assert (answer.fields, answer.error.code) == (None, "bad_symbol")

    session.request(m.List(), 0.0, within=2.0)
    [answer] = only(Answer, session.clock(2.0))
    assert (answer.error.code, answer.error.retriable) == ("no_answer", True)


def test_an_answer_nobody_waits_for_is_dropped():
    session, _ = connected()
    assert session.answer(m.encode_answer(999, {}), 0.0) == []


def test_a_declaration_without_a_session_leads_to_a_new_hello():
    session, _ = connected()
    [(call_id, _)] = sent(session.subscribe(["BTCUSDT"], 0.0))
    error = RequestError("who?", code="no_session", retriable=True)
    assert requests(session.answer(m.encode_refusal(call_id, error), 0.0)) == [m.Hello(client="me")]


def test_a_declaration_refused_for_now_is_made_again_later():
    session, _ = connected()
    [(call_id, _)] = sent(session.subscribe(["BTCUSDT"], 0.0))
    out = session.answer(m.encode_refusal(call_id, Overloaded("busy")), 0.0)
    assert out == []
    assert m.Set(tickers=[SYMBOL], generation=1) in requests(session.clock(2.5))


def test_a_declaration_refused_for_good_rejects_what_it_asked_for():
    session, _ = connected("ETHUSDT")
    [(call_id, _)] = sent(session.subscribe(["BTCUSDT"], 0.0))
    out = session.answer(m.encode_refusal(call_id, RequestError("too large")), 0.0)
    assert [rejected.ticker for rejected in only(Rejected, out)] == ["BTCUSDT"]
    assert session.wanted() == ["BINANCE:ETHUSDT"]


def test_more_tickers_than_one_request_may_name_are_declared_in_parts():
    session = Session("me")
    session.subscribe(["AAA", "BBB", "CCC", "DDD", "EEE"], 0.0)
    out = welcome(session, session.started(0.0), limits={"max_tickers_per_request": 2})
    names = ["BINANCE:AAA", "BINANCE:BBB", "BINANCE:CCC", "BINANCE:DDD", "BINANCE:EEE"]
    assert requests(out) == [
        m.Set(tickers=names[:2], generation=1),
        m.Modify(add=names[2:4]),
        m.Modify(add=names[4:]),
    ]
    out = session.subscribe(["FFF", "GGG", "HHH"], 0.0)
    assert [len(request.add) for request in requests(out)] == [2, 1]


def test_a_hole_is_asked_for_with_the_position_before_it():
    session, tape = connected("BTCUSDT")
    tape.publish(TOPICS[0], b"\xc1", 2, 0, 1)
    out = session.data(tape.publish(TOPICS[0], b"\xc1", 1, 0, 1), 0.0)
    assert requests(out) == [m.Recover(topic=TOPICS[0].decode(), epoch=EPOCH, seq=0)]


def test_a_recovery_refused_for_now_is_asked_for_again_later():
    session, tape = connected("BTCUSDT")
    tape.publish(TOPICS[0], b"\xc1", 2, 0, 1)
    [(call_id, hole)] = sent(session.data(tape.publish(TOPICS[0], b"\xc1", 1, 0, 1), 0.0))
    busy = Overloaded("slow down", code="too_many_requests")
    assert session.answer(m.encode_refusal(call_id, busy), 0.0) == []
    assert hole in requests(session.clock(2.5))


def test_a_recovery_that_is_refused_begins_again_from_images():
    session, tape = connected("BTCUSDT")
    tape.publish(TOPICS[0], b"\xc1", 2, 0, 1)
    [(call_id, _)] = sent(session.data(tape.publish(TOPICS[0], b"\xc1", 1, 0, 1), 0.0))
    out = session.answer(m.encode_refusal(call_id, RequestError("no")), 0.0)
    assert requests(out) == [m.Set(tickers=[SYMBOL], generation=2)]
    said = accept(session, out, tape)
    assert [(gap.first, gap.last) for gap in only(Gap, said)] == [(1, 2), (3, 3)]


def test_a_newer_epoch_in_the_data_leads_to_one_new_hello():
    session, _ = connected("BTCUSDT")
    tape = Tape(EPOCH + 1, 10)
    assert requests(session.data(tape.heartbeat(1), 0.0)) == [m.Hello(client="me")]
    assert session.data(tape.heartbeat(2), 0.0) == []


def test_an_older_epoch_in_the_data_is_a_late_echo():
    session, _ = connected("BTCUSDT")
    assert session.data(Tape(EPOCH - 1, 10).heartbeat(1), 0.0) == []
    assert session.position(TOPICS[0]) == (EPOCH, 0)


def test_the_end_of_a_session_is_said_when_there_is_one():
    session, _ = connected()
    assert requests(session.ended(0.0)) == [m.Bye()]
    assert session.ended(0.0) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ok", "ticker", "symbol", "images", "error", "code", "suggestions"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
ANSWERS = st.dictionaries(
    st.sampled_from(
        [
            "epoch",
            "lease",
            "heartbeat",
            "default_exchange",
            "limits",
            "results",
            "messages",
            "image",
            "recovered",
            "error",
            "session",
            "simulated",
            "v",
            "id",
        ]
    ),
    VALUES,
)


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), ANSWERS), max_size=6))
def test_whatever_the_daemon_answers_the_session_never_raises(answers):
    session = Session("me")
    session.subscribe(["BTCUSDT"], 0.0)
    session.started(0.0)
    for number, (call_id, ok, fields) in enumerate(answers):
        body = msgspec.msgpack.encode({"v": 1, "id": call_id, "ok": ok, **fields})
        session.answer(body, 0.1 * number)
        session.clock(0.1 * number)
    assert session.heartbeat > 0
    assert session.lease > 0


@given(st.binary())
def test_bytes_that_are_no_answer_are_counted_and_dropped(body):
    session, _ = connected()
    assert session.answer(body, 0.0) == []
    assert session.malformed == 1


@given(st.binary(), st.binary(), st.sampled_from([*TOPICS, SYS_HEARTBEAT, b""]))
def test_whatever_comes_on_the_data_socket_the_session_never_raises(meta, payload, name):
    session, _ = connected("BTCUSDT")
    session.data(Message(name, meta, payload), 0.0)
    session.data(Message(name, encode_meta((1, EPOCH, 1, 1, 1, 0)), payload), 0.0)


def test_a_welcome_that_cannot_be_read_is_asked_for_again():
    session = Session("me")
    out = session.started(0.0)
    assert welcome(session, out, heartbeat=0.0) == []
    assert session.malformed == 1
    assert requests(session.clock(2.5)) == [m.Hello(client="me")]


@pytest.mark.parametrize("frames", [None, [], [b"a", b"b"], ["a", "b", "c"], [b"a", b"b", 1]])
def test_an_image_is_three_binaries(frames):
    session, tape = connected("BTCUSDT")
    tape.publish(TOPICS[0], b"\xc1", 2, 0, 1)
    [(call_id, _)] = sent(session.data(tape.publish(TOPICS[0], EMPTY_PAYLOAD, 1, 0, 1), 0.0))
    fields = {"recovered": False, "image": frames}
    assert session.answer(m.encode_answer(call_id, fields), 0.0) == []
    assert session.malformed == 1
    assert any(isinstance(request, m.Recover) for request in requests(session.clock(2.5)))
