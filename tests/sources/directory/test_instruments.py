"""Steps and decimals: exact, and never a guess."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.directory.instruments import decimals_of, plain, step_of


@pytest.mark.parametrize(
    ("text", "step", "decimals"),
    [
        ("0.01000000", "0.01", 2),
        ("0.00000001", "0.00000001", 8),
        ("1.00000000", "1", 0),
        ("0.5", "0.5", 1),
        ("0.25", "0.25", 2),
        ("100", "100", 0),
        ("1E-7", "0.0000001", 7),
    ],
)
def test_a_step_is_read_without_its_empty_places(text, step, decimals):
    assert plain(step_of(text)) == step
    assert decimals_of(step_of(text)) == decimals


@pytest.mark.parametrize(
    "value",
    [None, "", "0", "0.00000000", "-0.01", "NaN", "Infinity", "1e999999999", "x" * 10**6, 0.01, 1],
)
def test_what_is_no_step_is_none(value):
    assert step_of(value) is None
    assert decimals_of(step_of(value)) is None
    assert plain(step_of(value)) is None


@given(st.text() | st.floats() | st.integers() | st.decimals().map(str))
def test_a_step_is_positive_and_finite_whatever_was_sent(value):
    step = step_of(value)
    assert step is None or (step > 0 and Decimal(value) == step)
