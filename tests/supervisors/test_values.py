"""The small pure pieces: vitals, control lines, failures, lines of output, errors."""

import asyncio
import inspect
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors import errors
from supervisors.clock import MonotonicClock, happens
from supervisors.control import LINE_LIMIT, decode, decode_failure, encode, encode_failure
from supervisors.errors import BrokenControl, SpecError, SupervisorError
from supervisors.failure import REASON_LIMIT, Failure, describe
from supervisors.output import LineCutter
from supervisors.spec import Heartbeat
from supervisors.target import resolve
from supervisors.testing import ManualClock
from supervisors.vitals import LEAVE_WITHIN, Limits, Verdict, Vitals, judge, looked_at

LIMITS = Limits(ready_within=30, heartbeat=Heartbeat(interval=1, timeout=5))
FRESH = Vitals(started=0, looked=0)
READY = replace(FRESH, ready=10.0, beat=10.0)


@pytest.mark.parametrize(
    ("vitals", "now", "verdict", "look_again"),
    [
        (FRESH, 29.0, Verdict.WELL, 1.0),
        (FRESH, 30.0, Verdict.LATE, 0.0),
        (READY, 11.0, Verdict.WELL, 1.0),
        (READY, 14.5, Verdict.WELL, 0.5),
        (READY, 15.0, Verdict.HUNG, 0.0),
        (replace(READY, beat=None), 15.0, Verdict.HUNG, 0.0),
        (replace(READY, beat=14.0), 15.0, Verdict.WELL, 1.0),
        (replace(READY, farewell=12.0), 12.0, Verdict.WELL, LEAVE_WITHIN),
        (replace(READY, farewell=12.0), 12.0 + LEAVE_WITHIN, Verdict.LINGERING, 0.0),
        (replace(READY, asked=True), 15.0, Verdict.ASKED, 0.0),
        (replace(READY, asked=True, ended=True), 15.0, Verdict.ENDED, 0.0),
        (replace(READY, broken=True), 11.0, Verdict.BROKEN, 0.0),
    ],
)
def test_a_look_finds_what_is_wrong_and_when_to_look_again(vitals, now, verdict, look_again):
    assert judge(vitals, LIMITS, now) == (verdict, look_again)


def test_a_watcher_that_slept_does_not_blame_the_child():
    slept = looked_at(replace(READY, looked=11.0), LIMITS, 100.0)
    assert judge(slept, LIMITS, 100.0)[0] is Verdict.WELL
    awake = looked_at(replace(READY, looked=14.9), LIMITS, 15.0)
    assert judge(awake, LIMITS, 15.0)[0] is Verdict.HUNG


def test_without_a_heartbeat_nobody_is_hung():
    assert judge(READY, Limits(ready_within=1), 1e9)[0] is Verdict.WELL


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_control_lines_survive_the_way(facts):
    try:
        line = encode("report", facts=facts)
    except BrokenControl:  # an infinity
        return
    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    assert decode(line) == ("report", {"facts": facts})


@given(st.text(), st.text(), st.booleans(), st.text())
def test_a_failure_survives_the_way(reason, code, retriable, hint):
    failure = Failure(reason=reason, code=code, retriable=retriable, hint=hint)
    kind, fields = decode(encode_failure(failure))
    assert kind == "error"
    assert decode_failure(fields) == failure


@pytest.mark.parametrize("line", [b"", b"x", b"[]", b"{}", b'{"is": 3}', b"\xff\n"])
def test_a_foreign_line_is_refused(line):
    with pytest.raises(BrokenControl):
        decode(line)


@pytest.mark.parametrize("facts", [{"x": object()}, {"x": float("nan")}, {"x": "y" * LINE_LIMIT}])
def test_what_cannot_be_sent_is_refused(facts):
    with pytest.raises(BrokenControl):
        encode("report", facts=facts)


def test_of_a_group_of_errors_the_first_leaf_speaks():
    group = ExceptionGroup("g", [ExceptionGroup("h", [ValueError("deep")]), KeyError("x")])
    assert describe(group).reason == "ValueError: deep"


def test_a_reason_is_one_bounded_line():
    reason = describe(ValueError("a\nb" * REASON_LIMIT)).reason
    assert "\n" not in reason
    assert len(reason) == REASON_LIMIT


def test_an_error_without_words_has_its_name():
    assert describe(ValueError()).reason == "ValueError"


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_lines_do_not_depend_on_how_the_stream_was_cut(chunks):
    whole, pieces = LineCutter(limit=10), LineCutter(limit=10)
    at_once = whole.feed(b"".join(chunks)) + whole.end()
    piecemeal = [line for chunk in chunks for line in pieces.feed(chunk)] + pieces.end()
    assert piecemeal == at_once
    assert all(len(line) <= 11 for line in at_once)


def test_a_long_line_is_cut_and_says_so():
    assert LineCutter(limit=3).feed(b"abc\nabcd\r\n\n") == ["abc", "abc…", ""]


@pytest.mark.parametrize("target", ["no.module:x", "os:no_such", "os:sep", "os.path:sep.x"])
def test_a_target_nobody_can_call_is_refused(target):
    with pytest.raises(SpecError):
        resolve(target)


def test_a_target_may_be_inside_a_class():
    assert resolve("supervisors.failure:Failure.__init__") is Failure.__init__


def test_every_error_has_a_code_of_its_own():
    tree = [e for _, e in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(error, SupervisorError) for error in tree)
    assert len({error.code for error in tree}) == len(tree)
    assert not any(issubclass(error, TimeoutError) for error in tree)


async def test_a_manual_clock_wakes_sleepers_in_their_order():
    clock, woken = ManualClock(), []

    async def sleeper(seconds):
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2, 0):
            group.create_task(sleeper(seconds))
        await clock.advance(2.5)
        assert woken == [(0, 0), (1, 1), (2, 2)]
        await clock.advance(1)
    assert clock.now() == 3.5


async def test_waiting_for_an_event_ends_with_the_event_or_the_time():
    clock, event = ManualClock(), asyncio.Event()
    waiting = asyncio.create_task(happens(event, 5, clock))
    await clock.advance(5)
    assert await waiting is False
    event.set()
    assert await happens(event, 0, clock) is True
    assert await happens(asyncio.Event(), 0, MonotonicClock()) is False
