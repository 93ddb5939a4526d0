from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.hop import Hop, Hops, missing_before


def hop(worker: str = "browser-0", incarnation: int = 1, heard: float = 0.0) -> Hop:
    return Hop(worker, incarnation, b"route", "tradingview", 7, heard)


@given(st.lists(st.booleans(), min_size=1))
def test_every_message_lost_between_two_received_ones_is_counted(received):
    one = hop()
    got = [number for number, arrived in enumerate(received, 1) if arrived]

    missing = [missing_before(one, number) for number in got]

    lost_between = (got[-1] - got[0] + 1 - len(got)) if got else 0
    assert sum(missing) == one.lost == lost_between
    assert min(missing, default=0) >= 0


def test_a_router_that_begins_later_takes_the_first_number_as_the_start():
    assert missing_before(hop(), 1_000) == 0


def test_a_worker_is_found_by_name_and_by_incarnation():
    hops = Hops(liveness=3.0)
    one = hop()
    hops.up(one)
    assert hops.named("browser-0") is one
    assert hops.sender(1) is one
    assert hops.all() == [one]


def test_a_newer_incarnation_silences_the_former_one():
    hops = Hops(liveness=3.0)
    hops.up(hop(incarnation=1))
    hops.up(hop(incarnation=2))
    assert hops.sender(1) is None
    assert hops.sender(2) is hops.named("browser-0")


def test_a_worker_that_is_down_is_nobodys_sender():
    hops = Hops(liveness=3.0)
    hops.up(hop())
    hops.down("browser-0")
    hops.down("never-seen")
    assert hops.sender(1) is None
    assert hops.named("browser-0") is None


def test_a_worker_unheard_for_longer_than_the_liveness_is_silent():
    hops = Hops(liveness=3.0)
    hops.up(hop("quiet", 1, heard=0.0))
    hops.up(hop("loud", 2, heard=1.0))
    assert [found.worker for found in hops.silent(3.5)] == ["quiet"]
