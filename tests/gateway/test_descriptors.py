"""All viewers that the settings allow find a descriptor."""

import resource
from collections.abc import Iterator

import pytest

from cryptostream.gateway.descriptors import make_room


@pytest.fixture
def hard() -> Iterator[int]:
    """Return the hard limit, under a soft one of 512 that is given back afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_the_limit_is_raised_for_the_viewers_and_what_the_gateway_needs_itself(hard):
    assert make_room(500) == limit() == 628


def test_a_limit_that_is_high_enough_is_left_alone(hard):
    assert make_room(100) == limit() == 512


def test_no_more_is_taken_than_the_system_grants(hard):
    if hard == resource.RLIM_INFINITY:
        pytest.skip("nothing is refused here: there is no hard limit")

    assert make_room(hard) == limit() == hard
