"""How long an exchange is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.ccxt.pauses import (
    LIMITED,
    LONGEST,
    STABLE,
    failures_after,
    pause_after,
)


def test_pauses_double_up_to_the_longest():
    pauses = [pause_after(n, "connection_lost", None, 0.0) for n in range(1, 10)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("code", "asked", "pause"),
    [
        ("rate_limited", None, LIMITED),
        ("rate_limited", 3.0, 3.0),
        ("rate_limited", 0.0, 0.25),
        ("blocked", 7200.0, 7200.0),
        ("connection_lost", None, 0.25),
    ],
)
def test_a_pause_that_is_asked_for_is_kept(code, asked, pause):
    assert pause_after(1, code, asked, 1.0) == pause


@given(st.integers(1, 10_000), st.floats(0.0, 1.0))
def test_chance_takes_away_half_at_most(failures, chance):
    longest = pause_after(failures, "connection_lost", None, 0.0)
    assert longest / 2 <= pause_after(failures, "connection_lost", None, chance) <= LONGEST


def test_a_good_connection_is_a_new_beginning():
    assert failures_after(7, STABLE) == 0
    assert failures_after(7, STABLE - 1) == 7
