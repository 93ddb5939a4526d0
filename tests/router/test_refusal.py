"""How long a host that refuses us is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.refusal import LONGEST_PAUSE, Refusal, asked_pause
from cryptostream.wire.hop import PageState, Report
from tests.router.reconciling import BTC, rules

HOUR = 3600.0


def refused(retry_after: float | None = None) -> Report:
    return Report(
        symbol=BTC,
        generation=1,
        state=PageState.FAILED,
        code="blocked",
        text="",
        ts=1,
        retry_after=retry_after,
    )


def test_each_refusal_after_the_pause_doubles_it_up_to_an_hour():
    it, now, pauses = Refusal(rules(blocked_pause=60.0)), 0.0, []
    for _ in range(8):
        it.note(refused(), now)
        pauses.append(it.until - now)
        now = it.until
    assert pauses == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, HOUR, HOUR]


def test_refusals_within_the_pause_are_one():
    it = Refusal(rules(blocked_pause=60.0))
    for now in (0.0, 1.0, 59.0):
        it.note(refused(), now)
    assert it.until == 60.0
    it.note(refused(), 60.0)
    assert it.until == 180.0


def test_a_host_that_serves_us_begins_at_the_first_pause_again():
    it = Refusal(rules(blocked_pause=60.0))
    it.note(refused(), 0.0)
    it.forgive()
    it.note(refused(), 100.0)
    assert it.until == 160.0


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (None, 0.0),
        (0.0, 0.0),
        (-5.0, 0.0),
        (float("nan"), 0.0),
        (12.5, 12.5),
        (float("inf"), LONGEST_PAUSE),
        (1e300, LONGEST_PAUSE),
    ],
)
def test_what_a_host_asks_for_is_taken_within_reason(asked, pause):
    assert asked_pause(refused(asked)) == pause


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.none() | st.floats(-10, 1e6)), max_size=30),
    st.floats(0, 0.999),
)
def test_the_end_of_the_pause_never_moves_back_and_is_never_out_of_reach(steps, jitter):
    it, now = Refusal(rules(blocked_pause=60.0, jitter=lambda: jitter)), 0.0
    for after, asked in steps:
        now += after
        before = it.until
        it.note(refused(asked), now)
        assert it.until >= before
        assert now < it.until <= max(before, now + LONGEST_PAUSE)
