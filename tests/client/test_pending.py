"""Futures of callers: each has its own, and all of them end."""

from __future__ import annotations

import pytest

from cryptostream.client.pending import Pending, broken, closed, refusal, symbols_of
from cryptostream.errors import BadSymbol, NotConnected
from cryptostream.wire.effects import Answer, Rejected


async def test_an_answer_goes_to_who_asked_and_a_refusal_too():
    it = Pending()
    first, second = it.expect(1), it.expect(2)
    it.answered(Answer(1, {"a": 1}, None))
    it.answered(Answer(2, None, BadSymbol("no")))
    it.answered(Answer(2, {}, None))
    it.answered(Answer(3, {}, None))
    assert first.result() == {"a": 1}
    with pytest.raises(BadSymbol):
        second.result()
    it.forget(1)
    it.forget(1)
    assert [*it.answers] == [2]


async def test_each_caller_has_a_verdict_of_its_own():
    it = Pending()
    one, other = it.await_verdicts(["A", "B", "A"]), it.await_verdicts(["A"])
    it.drop(other)
    it.decide("A", "X:A")
    it.decide("A", BadSymbol("too late"))
    it.decide("nobody", "X:N")
    assert one["A"].result() == "X:A"
    assert not other["A"].done()
    assert not one["B"].done()
    it.drop(one)
    assert it.verdicts == {}


async def test_the_end_is_told_to_all_who_still_wait():
    it = Pending()
    reply, done = it.expect(1), it.expect(2)
    it.answered(Answer(2, {}, None))
    waits = it.await_verdicts(["A"])
    it.check()
    it.end(closed)
    it.end(lambda: broken(None))
    assert isinstance(reply.exception(), NotConnected)
    assert isinstance(waits["A"].result(), NotConnected)
    assert done.result() == {}
    with pytest.raises(NotConnected, match="closed"):
        it.check()


async def test_the_symbols_are_those_of_all_tickers_or_the_first_refusal():
    it = Pending()
    waits = it.await_verdicts(["a", "b"])
    it.decide("a", "X:A")
    it.decide("b", "X:B")
    assert symbols_of(waits) == {"a": "X:A", "b": "X:B"}
    refused = it.await_verdicts(["c"])
    it.decide("c", BadSymbol("no"))
    with pytest.raises(BadSymbol):
        symbols_of({**waits, **refused})


def test_a_client_that_broke_says_why():
    cause = ZeroDivisionError("ours")
    assert broken(cause).__cause__ is cause
    assert "ours" in broken(cause).line()


def test_a_refusal_keeps_its_code_and_the_near_names():
    error = refusal(Rejected("A", BadSymbol("no", hint="write it"), ("X:AB",)))
    assert (error.code, error.hint, error.suggestions) == ("bad_symbol", "write it", ("X:AB",))
