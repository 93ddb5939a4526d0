"""Spacing, budgets and pauses: never more than is allowed, whatever is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.binance.pace import Budget, Pace, pause_before

# Steps between two events; whole numbers, so that sums are exact.
STEPS = st.lists(st.integers(0, 5), max_size=60)


def test_messages_are_spaced():
    pace = Pace(4.0)
    assert pace.may(100.0)
    pace.sent(100.0)
    assert not pace.may(100.2)
    assert pace.may(100.25)


def test_what_could_not_wait_is_made_up_for():
    pace = Pace(4.0)
    pace.sent(100.0)
    pace.sent(100.0)
    assert pace.free_at == 100.5


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=80))
def test_in_no_second_more_than_the_rate_and_its_pongs(events):
    """A step of 1/8 s each; a true event is a pong, which is sent whatever the pace says."""
    pace, now, sent, pongs = Pace(4.0), 0, [], []
    for step, pong in events:
        now += step
        if pong:
            pongs.append(now)
        if pong or pace.may(now / 8):
            pace.sent(now / 8)
            sent.append(now)
    for start in sent:
        inside = [at for at in sent if start <= at < start + 8]
        assert len(inside) <= 4 + len([at for at in pongs if start <= at < start + 8])


@given(st.integers(1, 6), STEPS)
def test_a_budget_is_never_exceeded_in_any_period(most, steps):
    budget, now, spent = Budget(most, 10.0), 0, []
    for step in steps:
        now += step
        if budget.free_at(now) <= now:
            budget.spend(now)
            spent.append(now)
    for start in spent:
        assert len([at for at in spent if start <= at < start + 10]) <= most


@given(st.integers(1, 6), STEPS)
def test_a_budget_says_when_it_is_free_again(most, steps):
    budget, now = Budget(most, 10.0), 0.0
    for step in steps:
        now = max(now + step, budget.free_at(now))
        assert budget.free_at(now) == now
        budget.spend(now)


def test_amounts_count():
    budget = Budget(100, 60.0)
    budget.spend(0.0, 40)
    budget.spend(10.0, 40)
    assert budget.free_at(20.0, 20) == 20.0
    assert budget.free_at(20.0, 40) == 60.0
    assert budget.free_at(20.0, 90) == 70.0
    assert budget.free_at(61.0, 60) == 61.0


@pytest.mark.parametrize(
    ("attempt", "chance", "pause"),
    [(0, 1.0, 0.5), (1, 1.0, 1.0), (3, 0.5, 2.0), (20, 1.0, 60.0), (10**9, 1.0, 60.0), (5, 0, 0)],
)
def test_pauses_grow_up_to_the_cap_and_are_jittered_in_full(attempt, chance, pause):
    assert pause_before(attempt, 0.5, 60.0, chance) == pause
