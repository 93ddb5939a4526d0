"""When an exchange is asked again."""

from __future__ import annotations

import pytest

from cryptostream.sources.directory.pace import Pace
from supervisors.spec import Backoff

NOW = 1_800_000_000.0
PACE = Pace(refresh=3600.0, retry=Backoff(first=15.0, factor=2.0, cap=900.0))


@pytest.mark.parametrize(
    ("age", "due"), [(0.0, False), (3599.0, False), (3600.0, True), (1e9, True), (-1.0, True)]
)
def test_a_listing_is_due_at_its_age_or_when_it_is_of_the_future(age, due):
    assert PACE.is_due(NOW - age, NOW) is due
    assert (PACE.until_due(NOW - age, NOW, 0.5) == 0.0) is due


def test_chance_spreads_the_questions_of_many_daemons():
    assert PACE.until_due(NOW - 600.0, NOW, 0.0) == 3000.0
    assert PACE.until_due(NOW - 600.0, NOW, 1.0) == 3360.0


@pytest.mark.parametrize(
    ("failures", "retry_after", "wait"),
    [
        (1, None, 15.0),
        (2, None, 30.0),
        (9, None, 900.0),
        (5000, None, 900.0),
        (1, 0.0, 15.0),
        (1, 120.0, 120.0),
        (9, 3600.0, 3600.0),
    ],
)
def test_a_failure_is_waited_out_longer_each_time_and_as_long_as_was_asked_for(
    failures, retry_after, wait
):
    assert PACE.after_failure(failures, retry_after, 0.0) == wait
    assert wait < PACE.after_failure(failures, retry_after, 1.0) <= 1.1 * wait
