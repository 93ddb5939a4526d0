"""The laws of backoff and of the restart window."""

from hypothesis import given
from hypothesis import strategies as st

from supervisors.backoff import attempt_after, ceiling, delay, exceeded, recent
from supervisors.spec import Backoff, Intensity

times = st.floats(min_value=0, max_value=1e9)
attempts = st.integers(min_value=0, max_value=10**9)
chances = st.floats(min_value=0, max_value=1)


@st.composite
def backoffs(draw):
    first = draw(st.floats(min_value=0, max_value=1e6))
    return Backoff(
        first=first,
        factor=draw(st.floats(min_value=1, max_value=1e6)),
        cap=draw(st.floats(min_value=first, max_value=1e9)),
        reset_after=draw(st.floats(min_value=0, max_value=1e6)),
    )


@given(attempts, backoffs(), chances)
def test_a_delay_lies_between_zero_and_the_cap_however_many_attempts(attempt, spec, chance):
    assert 0 <= delay(attempt, spec, chance) <= ceiling(attempt, spec) <= spec.cap


@given(st.integers(min_value=0, max_value=5000), backoffs())
def test_the_ceiling_never_falls_from_one_attempt_to_the_next(attempt, spec):
    assert ceiling(attempt, spec) <= ceiling(attempt + 1, spec)


@given(backoffs())
def test_the_first_ceiling_is_the_first_delay(spec):
    assert ceiling(0, spec) == spec.first


def test_the_ceilings_of_the_defaults_double_up_to_the_cap():
    ceilings = [round(ceiling(n, Backoff()), 1) for n in range(11)]
    assert ceilings == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


@given(attempts, backoffs(), times, times)
def test_attempts_are_forgotten_exactly_after_a_stable_run(attempt, spec, ready_at, ran):
    now = ready_at + ran
    kept = attempt_after(attempt, spec, ready_at, now)
    assert kept == (0 if now - ready_at >= spec.reset_after else attempt)


@given(attempts, backoffs(), times)
def test_a_child_that_was_never_ready_is_never_stable(attempt, spec, now):
    assert attempt_after(attempt, spec, None, now) == attempt


@given(st.lists(times), st.integers(min_value=0, max_value=20), st.floats(1, 1e6), times)
def test_exactly_the_restarts_inside_the_window_count(moments, restarts, within, now):
    spec = Intensity(restarts=restarts, within=within)
    inside = [at for at in moments if now - at < within]
    assert list(recent(tuple(moments), spec, now)) == inside
    assert exceeded(tuple(moments), spec, now) == (len(inside) > restarts)
