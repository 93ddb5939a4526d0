"""Lanes: one merge and one moment for all subscriptions of one interval."""

import pytest

from cryptostream.gateway.lanes import INTERVALS_MS, Lane, granted
from cryptostream.gateway.pieces import Piece
from tests.gateway.records import ETH, seen, status, subscription, tick, trade, viewer


def take(lane, kind, record):
    return list(lane.take(kind, Piece(kind, record)))


@pytest.mark.parametrize(
    ("asked", "given"), [(0, 0), (1, 20), (20, 20), (21, 50), (300, 500), (60_000, 60_000)]
)
def test_an_interval_is_rounded_up(asked, given):
    assert granted(asked) == given
    assert given in INTERVALS_MS


def test_ticks_are_merged_and_trades_are_not():
    lane, one = Lane(100, 0.0), viewer()
    lane.add(subscription(one, 100, trade=True))
    for seq in (1, 2, 3):
        assert not take(lane, "tick", tick(seq))
        assert not take(lane, "trade", trade(seq))

    assert lane.flush(0.0) == {one}
    assert (one.out[0].first, one.out[0].conflated) == (1, 2)
    assert seen(one) == [("tick", 3), ("trade", 1), ("trade", 2), ("trade", 3)]
    assert not lane.waits()


def test_at_interval_0_every_tick_comes():
    lane, one = Lane(0, 0.0), viewer()
    lane.add(subscription(one))
    for seq in (1, 2, 3):
        take(lane, "tick", tick(seq))

    lane.flush(0.0)

    assert seen(one) == [("tick", 1), ("tick", 2), ("tick", 3)]


def test_a_status_takes_what_waits_of_its_ticker_with_it_at_once():
    lane, one = Lane(1000, 0.0), viewer()
    lane.add(subscription(one, 1000))
    lane.add(subscription(one, 1000, ETH))
    take(lane, "tick", tick(1))
    take(lane, "tick", tick(2))
    take(lane, "tick", tick(1, symbol=ETH))

    assert take(lane, "status", status(1)) == [one]
    assert seen(one) == [("tick", 2), ("status", 1)]
    assert lane.waits()


def test_an_image_does_not_wait():
    lane, one = Lane(60_000, 0.0), viewer()
    lane.add(subscription(one, 60_000))

    assert take(lane, "tick", tick(5, image=True)) == [one]
    assert seen(one) == [("tick", 5, "image")]


def test_only_what_is_wanted_comes():
    lane, ticks, trades = Lane(0, 0.0), viewer(), viewer()
    lane.add(subscription(ticks))
    lane.add(subscription(trades, tick=False, trade=True))
    take(lane, "tick", tick(1))
    take(lane, "trade", trade(1))
    take(lane, "tick", tick(1, symbol=ETH))
    lane.flush(0.0)
    take(lane, "status", status(1))

    assert seen(ticks) == [("tick", 1), ("status", 1)]
    assert seen(trades) == [("trade", 1), ("status", 1)]


def test_what_a_viewer_has_is_not_given_again():
    lane, one = Lane(0, 0.0), viewer()
    joined = subscription(one)
    joined.begin_after({"tick": (1, 2)})
    lane.add(joined)
    for seq in (1, 2, 3, 4):
        take(lane, "tick", tick(seq))
    lane.flush(0.0)

    assert seen(one) == [("tick", 3), ("tick", 4)]
    assert not joined.skip


def test_merged_ticks_of_which_a_viewer_has_some_stand_for_the_others_only():
    """It recovered up to 3 while they were being merged."""
    lane, one, other = Lane(1000, 0.0), viewer(), viewer()
    lane.add(subscription(other, 1000))
    for seq in (2, 3):
        take(lane, "tick", tick(seq))
    joined = subscription(one, 1000)
    lane.add(joined)
    joined.begin_after({"tick": (1, 3)})
    for seq in (4, 5):
        take(lane, "tick", tick(seq))
    lane.flush(0.0)

    [mine], [whole] = one.out, other.out
    assert (whole.first, whole.seq, whole.conflated) == (2, 5, 3)
    assert (mine.first, mine.seq, mine.conflated) == (4, 5, 1)


def test_of_merged_ticks_the_last_one_alone_may_be_new():
    lane, one = Lane(1000, 0.0), viewer()
    joined = subscription(one, 1000)
    lane.add(joined)
    joined.begin_after({"tick": (1, 3)})
    for seq in (2, 3, 4):
        take(lane, "tick", tick(seq))
    lane.flush(0.0)
    [mine] = one.out
    assert (mine.first, mine.seq, mine.conflated) == (0, 4, 0)


def test_who_leaves_a_lane_gets_what_waits_and_the_others_still_do():
    lane, leaves, stays = Lane(1000, 0.0), viewer(), viewer()
    first = subscription(leaves, 1000)
    lane.add(first)
    lane.add(subscription(stays, 1000))
    take(lane, "tick", tick(1))
    take(lane, "tick", tick(2))

    lane.remove(first, deliver=True)
    take(lane, "tick", tick(3))
    lane.flush(0.0)

    assert seen(leaves) == [("tick", 2)]
    assert seen(stays) == [("tick", 3)]
    assert len(lane) == 1


def test_the_next_time_is_on_the_grid_and_after_a_silence_no_sooner_than_the_interval():
    lane, one = Lane(100, 5.0), viewer()
    lane.add(subscription(one, 100))
    for now, due in ((5.0, 5.1), (5.109, 5.2), (5.3, 5.4), (5.95, 6.05)):
        lane.flush(now)
        assert lane.due == pytest.approx(due)


def test_many_viewers_at_interval_0_are_served_less_often():
    lane = Lane(0, 0.0)
    for _ in range(200):
        lane.add(subscription(viewer()))
    take(lane, "tick", tick(1))
    lane.flush(1.0)

    assert 1.01 < lane.due <= 1.05


def test_a_flood_of_trades_is_sent_before_its_time(monkeypatch):
    lane, one = Lane(60_000, 0.0), viewer()
    lane.add(subscription(one, 60_000, trade=True))

    served = [take(lane, "trade", trade(seq)) for seq in range(1, 5001)]

    assert served[-1] == [one]
    assert len(one.out) == 5000
