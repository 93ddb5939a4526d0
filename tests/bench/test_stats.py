"""Percentiles, and pairing what was painted with what arrived."""

import pytest

from bench.stats import Change, Delivery, deliver, median, percentile

MS = 1_000_000


def changes(*pairs):
    return [Change(text, at * MS) for text, at in pairs]


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (99, 10), (100, 10), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent, value):
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], percent) == value


def test_the_median_of_an_even_number_is_between_two():
    assert median([4, 1, 3, 2]) == 2.5
    assert median([3, 1, 2]) == 2


@pytest.mark.parametrize("function", [median, lambda values: percentile(values, 50)])
def test_nothing_has_no_middle(function):
    with pytest.raises(ValueError, match="no values"):
        function([])


def test_each_change_is_paired_with_the_first_arrival_of_its_value():
    found = deliver(
        changes(("1,000.5", 10), ("1,000.6", 20)),
        changes(("1000.5", 13), ("1000.5", 14), ("1000.6", 21)),
        0,
        100 * MS,
    )
    assert found == Delivery(2, [3.0, 1.0])
    assert (found.lost, found.share) == (0, 1.0)


def test_changes_outside_the_window_do_not_count():
    found = deliver(changes(("1", 5), ("2", 15), ("3", 25)), changes(("2", 16)), 10 * MS, 20 * MS)
    assert found == Delivery(1, [1.0])


def test_a_value_that_never_arrives_is_lost():
    found = deliver(changes(("1", 10), ("2", 20)), changes(("1", 11)), 0, 100 * MS)
    assert (found.changes, found.lost, found.share) == (2, 1, 0.5)


def test_a_value_that_returns_is_not_taken_for_its_first_time():
    found = deliver(changes(("7", 10), ("7", 15_000)), changes(("7", 15_001)), 0, 20_000 * MS)
    assert found == Delivery(2, [1.0])


def test_a_coarse_stamp_may_lie_a_little_after_the_arrival():
    found = deliver([Change("7", 10_050_000)], [Change("7", 10_000_000)], 0, 100 * MS)
    assert found.lost == 0
    assert found.latencies == [pytest.approx(-0.05)]


def test_deliveries_add_up():
    assert Delivery(2, [1.0]).joined(Delivery(1, [2.0])) == Delivery(3, [1.0, 2.0])
