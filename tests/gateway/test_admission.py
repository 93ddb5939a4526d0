"""Who may come in: tables of origins and hosts, places, message rates."""

import pytest

from cryptostream.errors import Overloaded, RequestError
from cryptostream.gateway.admission import Allowance, check_origin, check_places
from cryptostream.gateway.auth import Grant
from tests.gateway.records import viewer

MINE = ("https://mine.example",)


@pytest.mark.parametrize(
    ("origin", "host", "listens_on"),
    [
        (None, "127.0.0.1:7780", "127.0.0.1"),
        (None, "localhost", "127.0.0.1"),
        (None, "[::1]:7780", "::1"),
        ("http://127.0.0.1:7780", "127.0.0.1:7780", "127.0.0.1"),
        ("http://LOCALHOST:7780", "localhost:7780", "127.0.0.1"),
        ("https://mine.example", "127.0.0.1:7780", "127.0.0.1"),
        ("https://mine.example", "mine.example", "127.0.0.1"),
        (None, "prices.example", "0.0.0.0"),
        ("https://prices.example", "prices.example", "0.0.0.0"),
    ],
)
def test_programs_and_our_own_pages_may_come_in(origin, host, listens_on):
    check_origin(origin, host, listens_on, MINE)


@pytest.mark.parametrize(
    ("origin", "host", "listens_on"),
    [
        ("https://evil.example", "127.0.0.1:7780", "127.0.0.1"),
        ("null", "127.0.0.1:7780", "127.0.0.1"),
        ("http://127.0.0.1:9999", "127.0.0.1:7780", "127.0.0.1"),
        # A name of somebody else's that points here.
        ("http://rebound.example:7780", "rebound.example:7780", "127.0.0.1"),
        (None, "rebound.example:7780", "127.0.0.1"),
        (None, "", "127.0.0.1"),
        (None, "[::1", "127.0.0.1"),
        ("https://evil.example", "prices.example", "0.0.0.0"),
    ],
)
def test_foreign_pages_and_names_may_not(origin, host, listens_on):
    with pytest.raises(RequestError) as refused:
        check_origin(origin, host, listens_on, MINE)
    assert refused.value.code == "bad_origin"


def test_places_are_limited_overall_by_address_and_by_token():
    here = [viewer() for _ in range(3)]
    here[0].address = "a"
    here[1].grant = Grant(name="t", connections=1)
    check_places(here, viewer(), 4, 3)

    by_token = viewer()
    by_token.grant = Grant(name="t", connections=1)
    from_a = viewer()
    from_a.address = "a"
    for one, most, per_address in ((viewer(), 3, 9), (from_a, 9, 1), (by_token, 9, 9)):
        with pytest.raises(Overloaded) as refused:
            check_places(here, one, most, per_address)
        assert refused.value.code == "too_many_viewers"


def test_messages_are_allowed_at_a_rate_with_a_burst_and_far_more_is_a_flood():
    allowance = Allowance(2.0, 0.0)

    assert [allowance.take(0.0) for _ in range(11)] == [True] * 10 + [False]
    assert not allowance.is_flood()
    assert not allowance.take(0.5)
    assert allowance.take(2.0)
    assert not any([allowance.take(2.0) for _ in range(95)][5:])
    assert allowance.is_flood()
