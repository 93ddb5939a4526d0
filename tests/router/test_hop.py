from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.hop import Hop, Hops, missing_before


def hop(worker: str = "browser-0", incarnation: int = 1, heard: float = 0.0) -> Hop:
    return Hop(worker, incarnation, "tradingview", 7, heard)


@given(st.lists(st.booleans(), min_size=1))
def test_every_frame_that_never_came_is_counted(received):
    one = hop()
    got = [number for number, arrived in enumerate(received, 1) if arrived]

    missing = [missing_before(one, number) for number in got]

    lost_before_the_last = (got[-1] - len(got)) if got else 0
    assert sum(missing) == one.lost == lost_before_the_last
    assert min(missing, default=0) >= 0


def test_a_number_that_the_worker_says_it_has_sent_is_the_start():
    one = hop()
    one.number = 999
    assert missing_before(one, 1_000) == 0


def test_a_worker_is_found_by_name():
    hops = Hops(liveness=3.0)
    one = hop()
    hops.up(one)
    assert hops.named("browser-0") is one
    assert hops.all() == [one]


def test_a_newer_incarnation_takes_the_place_of_the_former_one():
    hops = Hops(liveness=3.0)
    hops.up(hop(incarnation=1))
    newer = hop(incarnation=2)
    hops.up(newer)
    assert hops.all() == [newer]


def test_a_worker_that_is_down_is_not_found():
    hops = Hops(liveness=3.0)
    hops.up(hop())
    hops.down("browser-0")
    hops.down("never-seen")
    assert hops.named("browser-0") is None


def test_a_worker_unheard_for_longer_than_the_liveness_is_silent():
    hops = Hops(liveness=3.0)
    hops.up(hop("quiet", 1, heard=0.0))
    hops.up(hop("loud", 2, heard=1.0))
    assert [found.worker for found in hops.silent(3.5)] == ["quiet"]


def test_a_worker_is_not_blamed_for_what_the_router_did_not_read():
    hops = Hops(liveness=3.0)
    hops.up(hop(heard=9.0))
    assert hops.silent(10.0) == []

    # The loop stood still for four seconds: its beats of that time lie unread.
    assert hops.silent(14.0) == []
    assert hops.silent(14.05) == []

    seen = [hops.silent(14.0 + look * 0.05) for look in range(2, 62)]
    assert [len(silent) for silent in seen] == [0] * 59 + [1]
