"""Leases, silence and answers that do not come: when a session calls its connection lost."""

from cryptostream.errors import Overloaded
from cryptostream.router.tape import Tape
from cryptostream.wire import messages as m
from cryptostream.wire.effects import (
    Connected,
    Disconnected,
    Reset,
    Send,
)
from cryptostream.wire.session import Session
from tests.wire.sessions import (
    EPOCH,
    SYMBOL,
    TOPICS,
    connected,
    only,
    requests,
    sent,
    welcome,
)


def test_a_hello_that_is_not_answered_is_sent_again():
    session = Session("me")
    out = session.started(0.0)
    session.data(Tape(EPOCH, 1).heartbeat(1), 1.5)
    again = session.clock(2.0)
    assert only(Send, again) == only(Send, out)


def test_a_ping_renews_the_lease_three_times_before_it_ends():
    session, _ = connected()
    session.data(Tape(EPOCH, 1).heartbeat(1), 2.9)
    assert requests(session.clock(2.9)) == []
    assert requests(session.clock(3.0)) == [m.Ping()]
    assert requests(session.clock(3.1)) == []


def test_a_session_that_the_daemon_has_forgotten_is_opened_again():
    """After a long sleep of this program its lease is over, though the daemon still answers."""
    session, _ = connected("BTCUSDT")
    session.data(Tape(EPOCH, 1).heartbeat(1), 9.5)
    [(call_id, _)] = sent(session.clock(9.5))
    out = session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": False}), 9.5)
    assert only(Disconnected, out) == []  # it was ourselves: nobody else is accused
    assert requests(out) == [m.Hello(client="me")]
    assert requests(welcome(session, out, 9.5)) == [m.Set(tickers=[SYMBOL], generation=2)]


def test_two_programs_with_one_id_are_told_of_each_other():
    """Each takes the session from the other, and both would only wonder."""
    session, _ = connected("BTCUSDT")
    session.data(Tape(EPOCH, 1).heartbeat(1), 2.9)
    [(call_id, _)] = sent(session.clock(3.0))
    out = session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": False}), 3.0)
    [told] = only(Disconnected, out)
    assert "'me'" in told.reason
    assert Connected(EPOCH, simulated=False) in welcome(session, out, 3.0)


def test_an_answer_that_lay_unread_for_a_lease_accuses_nobody():
    """The lease counts from when the daemon heard us, not from when we read that it did."""
    session, _ = connected("BTCUSDT")
    beat = Tape(EPOCH, 1).heartbeat(1)
    session.data(beat, 2.9)
    [(call_id, _)] = sent(session.clock(3.0))
    session.data(beat, 12.1)
    session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": True}), 12.1)

    [(call_id, _)] = sent(session.clock(12.1))
    out = session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": False}), 12.2)

    assert only(Disconnected, out) == []
    assert requests(out) == [m.Hello(client="me")]


def test_a_program_that_was_busy_listens_first_and_then_judges():
    session, _ = connected("BTCUSDT")
    session.request(m.List(), 0.0, within=20.0)
    session.woke(10.0)
    assert only(Disconnected, session.clock(10.0)) == []
    assert isinstance(session.clock(13.1)[0], Disconnected)


def test_a_daemon_whose_clock_was_set_back_is_noticed_by_its_answer():
    """Its data look like late echoes, because their epoch is smaller."""
    session, _ = connected("BTCUSDT")
    session.data(Tape(EPOCH - 50, 1).heartbeat(1), 2.9)
    [(call_id, _)] = sent(session.clock(3.0))
    out = session.answer(m.encode_answer(call_id, {"epoch": EPOCH - 50, "session": True}), 3.0)
    assert requests(out) == [m.Hello(client="me")]
    welcome(session, out, 3.0, epoch=EPOCH - 50)
    assert session.epoch == EPOCH - 50


def test_a_hello_that_is_refused_is_told_and_tried_again_later():
    session = Session("me")
    [(call_id, _)] = sent(session.started(0.0))
    full = Overloaded("full", code="too_many_clients", hint="end one")

    out = session.answer(m.encode_refusal(call_id, full), 0.5)

    assert out == [Disconnected("full (end one)")]
    assert requests(session.clock(2.4)) == []
    assert requests(session.clock(2.5)) == [m.Hello(client="me")]


def test_silence_of_three_beats_is_a_lost_connection():
    session, _ = connected("BTCUSDT")
    assert session.clock(2.9) == []
    out = session.clock(3.1)
    assert isinstance(out[0], Disconnected)
    assert out[-1] == Reset()
    assert not session.connected


def test_answers_do_not_hide_that_nothing_is_published_any_more():
    """A data socket that died alone would leave old prices on a screen for ever."""
    session, _ = connected("BTCUSDT")
    session.data(Tape(EPOCH, 1).heartbeat(1), 1.0)
    for now in (2.0, 3.0, 4.0):
        [(call_id, _)] = sent(session.request(m.Ping(), now, within=2.0))
        session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": True}), now)
        assert only(Reset, session.clock(now)) == []
    out = session.clock(4.1)
    assert [*map(type, only(Disconnected, out) + only(Reset, out))] == [Disconnected, Reset]
    assert "published" in only(Disconnected, out)[0].reason


def test_prices_do_not_hide_that_no_request_is_answered_any_more():
    session, _ = connected("BTCUSDT")
    beat = Tape(EPOCH, 1).heartbeat(1)
    seen: list[object] = []
    for tenth in range(70):  # a ping goes out at 3 s: it has until 7 s
        session.data(beat, tenth / 10)
        seen += session.clock(tenth / 10)
    assert only(Reset, seen) == []
    assert session.connected
    session.data(beat, 7.1)
    out = session.clock(7.1)
    assert [*map(type, only(Disconnected, out) + only(Reset, out))] == [Disconnected, Reset]
    assert "answered" in only(Disconnected, out)[0].reason


def test_one_answer_that_is_lost_is_no_lost_connection():
    session, tape = connected("BTCUSDT")
    beat = tape.heartbeat(1)
    seen: list[object] = []
    for tenth in range(200):
        now = tenth / 10
        session.data(beat, now)
        out = session.clock(now)
        seen += out
        for call_id, request in sent(out):
            if isinstance(request, m.Ping) and int(now) % 2:
                session.answer(m.encode_answer(call_id, {"epoch": EPOCH, "session": True}), now)
    assert only(Reset, seen) == []


def test_a_hello_that_nobody_answers_opens_new_sockets_though_prices_come():
    session = Session("me")
    session.subscribe(["BTCUSDT"], 0.0)
    out = session.started(0.0)
    beat = Tape(EPOCH, 1).heartbeat(1)
    for tenth in range(41):
        session.data(beat, tenth / 10)
        out += session.clock(tenth / 10)
    assert only(Reset, out) == []
    session.data(beat, 4.1)
    assert only(Reset, session.clock(4.1)) == [Reset()]


def test_a_hole_that_was_being_filled_when_the_connection_broke_is_filled_afterwards():
    session, tape = connected("BTCUSDT")
    tape.publish(TOPICS[0], b"\xc1", 1, 0, 1)
    [(_, lost)] = sent(session.data(tape.publish(TOPICS[0], b"\xc1", 1, 0, 1), 0.0))
    assert isinstance(lost, m.Recover)
    session.clock(10.0)

    welcome(session, session.started(10.0), now=10.0)

    assert lost in requests(session.clock(12.0))
