"""The limit on requests per connection."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.rate import RateLimit


def test_a_burst_is_allowed_and_then_the_rate():
    limit = RateLimit(rate=10.0, burst=3)

    assert [limit.allows(b"a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows(b"a", 0.1)
    assert not limit.allows(b"a", 0.1)


def test_connections_do_not_share_a_limit():
    limit = RateLimit(rate=1.0, burst=1)

    assert limit.allows(b"a", 0.0)
    assert limit.allows(b"b", 0.0)


def test_an_idle_connection_is_forgotten():
    limit = RateLimit(rate=1.0, burst=2)
    limit.allows(b"a", 0.0)

    limit.forget_idle(1.0)
    assert len(limit) == 1
    limit.forget_idle(2.0)
    assert len(limit) == 0


@given(st.lists(st.floats(0, 0.5), max_size=200), st.integers(1, 10), st.floats(1, 50))
def test_never_more_than_burst_plus_rate_times_time(gaps, burst, rate):
    limit, now, allowed = RateLimit(rate, burst), 0.0, 0
    for gap in gaps:
        now += gap
        allowed += limit.allows(b"a", now)

    assert allowed <= burst + rate * now + 1e-6
