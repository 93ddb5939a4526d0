"""Ratios and verdicts of the benchmark's rows."""

import pytest

from bench.rows import Bar, Row, figure


@pytest.mark.parametrize(
    ("bar", "ours", "other", "verdict"),
    [
        (Bar("ours", "<=", 1.0), 1.0, None, "yes"),
        (Bar("ours", "<=", 1.0), 1.01, None, "NO"),
        (Bar("ours", ">=", 60_000), 60_001, 10, "yes"),
        (Bar("ratio", "<=", 0.2), 1.0, 5.0, "yes"),
        (Bar("ratio", "<=", 0.2), 1.0, 4.9, "NO"),
        (Bar("ratio", ">=", 4.0), 4_000, 1_000, "yes"),
        (None, 3.0, 2.0, ""),
    ],
)
def test_the_verdict_compares_what_the_bar_is_about(bar, ours, other, verdict):
    assert Row(name="x", ours=ours, other=other, bar=bar).verdict == verdict


def test_a_ratio_bar_without_an_other_side_is_not_reached():
    assert Row(name="x", ours=1.0, bar=Bar("ratio", "<=", 0.5)).verdict == "NO"


def test_a_failed_row_says_so_whatever_its_bar():
    assert Row(name="x", bar=Bar("ours", "<=", 1.0), error="no browser").verdict == "failed"


def test_there_is_no_ratio_to_nothing():
    assert Row(name="x", ours=1.0, other=0.0).ratio is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(60_000, "60,000"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.0123, "0.012")],
)
def test_figures_keep_three_digits(value, text):
    assert figure(value) == text


def test_a_bar_reads_as_people_say_it():
    assert Bar("ratio", "<=", 0.2).text("ms") == "<= 1/5"
    assert Bar("ratio", ">=", 4.0).text("/s") == ">= 4 x"
    assert Bar("ours", "<=", 1.0).text("ms") == "<= 1 ms"
