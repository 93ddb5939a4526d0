"""When a browser is replaced: its age, its memory, and the pause after an attempt that failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.tradingview.recycling import (
    MIB,
    REST,
    RecycleRules,
    pause_after,
    why_recycle,
)

RULES = RecycleRules(after=3600.0, above=1000 * MIB)
NEVER = RecycleRules(after=0.0, above=0)


@pytest.mark.parametrize(
    ("age", "mib", "begun_with", "rules", "why"),
    [
        (0, 100, 0, RULES, None),
        (3599, 999, 0, RULES, None),
        (3600, 100, 0, RULES, "it is 3600 s old"),
        (REST, 1001, 0, RULES, "it takes 1001 MiB, more than 1000"),
        (REST - 1, 1001, 0, RULES, None),
        (REST, 1001, 900, RULES, None),
        (REST, 1351, 900, RULES, "it takes 1351 MiB, more than 1350"),
        (REST, 0, 0, RULES, None),
        (1e9, 1e6, 0, NEVER, None),
        (1e9, 1e6, 0, RecycleRules(after=0.0, above=1), "it takes 1000000 MiB, more than 0"),
    ],
)
def test_a_browser_is_replaced_for_its_age_or_its_memory(age, mib, begun_with, rules, why):
    assert why_recycle(age, int(mib * MIB), begun_with * MIB, rules) == why


@given(st.integers(1, 10_000), st.floats(0, 10_000))
def test_pauses_grow_up_to_half_an_hour_and_are_never_shorter_than_asked(failures, asked):
    pause = pause_after(failures, asked)

    assert pause >= asked
    assert 30.0 <= pause <= max(1800.0, asked)
    assert pause_after(failures + 1, asked) >= pause
