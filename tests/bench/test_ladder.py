"""The search for the highest rate that is carried."""

import pytest

from bench.ladder import Step, climb

RATES = (100, 200, 400, 800, 1600)


def carries(limit, page_limit=10**9):
    def attempt(rate):
        painted = min(rate, page_limit)
        return Step(rate, painted, 1.0 if painted <= limit else 0.5, 1.0)

    return attempt


@pytest.mark.parametrize(("limit", "best"), [(100, 100), (450, 400), (10_000, 1600)])
def test_the_highest_rate_carried_is_found(limit, best):
    assert climb(RATES, carries(limit)).rate == best


def test_nothing_carried_is_a_rate_of_zero():
    assert climb(RATES, carries(50)).rate == 0


def test_late_is_not_carried():
    assert climb(RATES, lambda rate: Step(rate, rate, 1.0, 60.0)).rate == 0


def test_a_page_at_its_own_limit_ends_the_search():
    asked = []

    def attempt(rate):
        asked.append(rate)
        return carries(10_000, page_limit=300)(rate)

    assert climb(RATES, attempt).rate == 300
    assert asked == [400]
