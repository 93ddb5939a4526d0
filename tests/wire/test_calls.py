"""Requests under way: numbered, expected once, withdrawn, asked again."""

from cryptostream.wire.calls import Calls
from cryptostream.wire.messages import Modify, Ping, Set, decode_request


def test_an_answer_is_expected_once_under_its_own_number():
    calls = Calls()
    first, second = calls.make(Ping(), "ping", 1.0), calls.make(Ping(), "user", 1.0)

    assert [decode_request(call.body)[0] for call in (first, second)] == [1, 2]
    assert calls.last == 2
    assert calls.take(2) is second
    assert calls.take(2) is None
    assert calls.take("1") is None
    assert calls.take(1) is first


def test_a_withdrawn_request_expects_nothing():
    calls = Calls()
    calls.make(Ping(), "recover", 1.0, b"a")
    kept = calls.make(Ping(), "recover", 1.0, b"b")

    calls.withdraw("recover", b"a")

    assert [call for _, call in calls.due(9.0)] == [kept]
    calls.keep_only({"user"})
    assert calls.due(9.0) == []


def test_what_is_due_is_what_has_waited_too_long_and_can_wait_again():
    calls = Calls()
    call = calls.make(Ping(), "hello", 2.0)

    assert calls.due(1.9) == []
    assert calls.due(2.0) == [(1, call)]
    calls.expect_again(1, call, 4.0)
    assert calls.due(3.0) == []


def test_a_declaration_tells_what_it_asked_for():
    calls = Calls()

    assert calls.make(Set(tickers=["A"], generation=1), "declare", 1.0).asked() == ["A"]
    assert calls.make(Modify(add=["B"], remove=["C"]), "declare", 1.0).asked() == ["B"]
    assert calls.make(Ping(), "ping", 1.0).asked() == []
