"""Who watches what: the union of wishes, images, changes without a loss."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.hub import Hub
from cryptostream.records import Phase
from cryptostream.wire.effects import Gap
from tests.gateway.records import BTC, ETH, seen, status, subscription, tick, trade, viewer


def joined(hub, interval_ms=0, symbol=BTC, cursors=None, **more):
    one = viewer()
    hub.join(one)
    hub.hold(one, symbol)
    hub.follow(subscription(one, interval_ms, symbol, **more), cursors or {}, 0.0)
    return one


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.sampled_from("ABCD"))))
def test_what_is_asked_of_the_daemon_is_always_the_union(steps):
    hub, viewers = Hub(4), [viewer() for _ in range(4)]
    asked: set[str] = set()
    wanted: list[set[str]] = [set() for _ in viewers]
    for hold, number, symbol in steps:
        if hold:
            hub.hold(viewers[number], symbol)
            wanted[number].add(symbol)
        else:
            hub.release(viewers[number], symbol)
            wanted[number].discard(symbol)
        add, drop = hub.changes()
        assert not asked & set(add)
        assert set(drop) <= asked
        asked = (asked | set(add)) - set(drop)
        assert asked == set().union(*wanted)
    counted = Counter(symbol for each in wanted for symbol in each)
    assert {name: len(held.viewers) for name, held in hub.symbols.items()} == counted


def test_a_viewer_that_leaves_releases_what_only_it_wanted():
    hub = Hub(4)
    leaves, _stays = joined(hub, symbol=BTC), joined(hub, symbol=ETH)
    hub.hold(leaves, ETH)
    assert hub.changes() == ([BTC, ETH], [])

    hub.leave(leaves)

    assert hub.changes() == ([], [BTC])
    assert hub.changes() == ([], [])


def test_what_has_failed_is_asked_for_anew_when_a_viewer_wants_it():
    hub = Hub(4)
    one, other = joined(hub), joined(hub)
    hub.changes()
    hub.take(status(1))
    hub.hold(one, BTC)
    assert hub.changes() == ([], [])

    hub.take(status(2, phase=Phase.FAILED))
    hub.hold(one, BTC)

    assert hub.changes() == ([BTC], [BTC])
    assert hub.changes() == ([], [])
    hub.hold(one, BTC)
    hub.leave(one)
    hub.leave(other)
    assert hub.changes() == ([], [BTC])


def test_the_image_comes_first_then_updates_and_nothing_twice():
    hub = Hub(4)
    joined(hub)
    hub.take(status(1))
    hub.take(tick(1))
    late = joined(hub)
    hub.take(tick(2))
    hub.flush(1.0)

    assert seen(late) == [("status", 1, "image"), ("tick", 1, "image"), ("tick", 2)]


def test_missed_records_come_all_or_not_at_all():
    hub = Hub(3)
    joined(hub)
    for seq in range(1, 7):
        hub.take(tick(seq))
        hub.take(trade(seq))
    both = {"tick": (1, 4), "trade": (1, 1)}

    one = joined(hub, cursors=both, trade=True)

    gap = one.out[2].fields
    assert (gap["kind"], gap["first"], gap["last"], gap["reason"]) == ("trade", 2, 6, "aged_out")
    assert seen(one) == [("tick", 5), ("tick", 6), ("gap",)]


def test_what_was_missed_comes_merged_at_an_interval():
    hub = Hub(9)
    joined(hub)
    for seq in range(1, 7):
        hub.take(tick(seq))

    one = joined(hub, 100, cursors={"tick": (1, 2)})

    assert (one.out[0].first, one.out[0].conflated) == (3, 3)
    assert seen(one) == [("tick", 6)]


def test_a_cursor_of_another_epoch_gets_a_gap_and_the_image():
    hub = Hub(9)
    joined(hub)
    hub.take(tick(6))

    one = joined(hub, cursors={"tick": (77, 2)})

    assert one.out[0].fields["reason"] == "new_epoch"
    assert one.out[0].fields["last"] is None
    assert seen(one) == [("tick", 6, "image"), ("gap",)]


def test_the_interval_changes_live_without_a_loss():
    hub = Hub(9)
    one = joined(hub, 1000)
    hub.flush(0.0)
    hub.take(tick(1))
    hub.take(tick(2))
    hub.retime(one, 0, 0.1)
    hub.take(tick(3))
    hub.flush(0.1)

    assert one.out[0].conflated == 1
    assert seen(one) == [("tick", 2), ("tick", 3)]


def test_subscribing_again_changes_the_terms_and_repeats_nothing():
    hub = Hub(9)
    one = joined(hub)
    hub.take(tick(1))
    hub.flush(0.0)
    seen(one)

    hub.follow(subscription(one, 0, trade=True), {}, 0.0)
    hub.take(tick(2))
    hub.take(trade(1))
    hub.flush(0.1)

    assert seen(one) == [("tick", 2), ("trade", 1)]


def test_after_a_pause_what_was_missed_comes():
    hub = Hub(9)
    one = joined(hub, trade=True)
    hub.take(status(1))
    hub.take(tick(1))
    hub.take(trade(1))
    hub.pause(one)
    hub.pause(one)
    assert seen(one) == [("status", 1), ("tick", 1), ("trade", 1)]
    hub.take(tick(2))
    hub.take(trade(2))
    hub.take(status(2))
    hub.flush(1.0)
    assert seen(one) == []

    hub.resume(one, 1.0)
    hub.resume(one, 1.0)
    hub.take(tick(3))
    hub.flush(2.0)

    assert seen(one) == [("status", 2, "image"), ("tick", 2), ("trade", 2), ("tick", 3)]


def test_what_is_followed_during_a_pause_comes_at_its_end():
    hub = Hub(9)
    joined(hub, symbol=ETH)
    hub.take(tick(1, symbol=ETH))
    one = joined(hub)
    hub.pause(one)
    hub.hold(one, ETH)
    hub.follow(subscription(one, 0, ETH), {}, 0.0)
    hub.follow(subscription(one, 0, ETH), {}, 0.0)
    assert seen(one) == []

    hub.resume(one, 1.0)

    assert seen(one) == [("tick", 1, "image")]


def test_a_slow_viewer_moves_to_one_tick_a_second_and_back():
    hub = Hub(9)
    one = joined(hub)
    one.outbox.slow = True
    hub.relane(one, 0.0)
    assert one.follows[BTC].lane_ms == 1000
    hub.take(tick(1))
    one.outbox.slow = False
    hub.relane(one, 0.0)
    assert one.follows[BTC].lane_ms == 0
    assert seen(one) == [("tick", 1)]


def test_a_refused_symbol_is_told_to_who_followed_it_and_given_up():
    hub = Hub(9)
    follows = joined(hub)
    waits = viewer()
    hub.join(waits)
    hub.hold(waits, BTC)
    hub.changes()

    hub.reject(BTC, {"code": "unknown_symbol"}, ("BINANCE:ETHUSDT",))
    hub.reject(BTC, {"code": "unknown_symbol"}, ())

    assert follows.out[0].fields["suggestions"] == ["BINANCE:ETHUSDT"]
    assert seen(follows) == [("removed",)]
    assert seen(waits) == []
    assert not hub.symbols
    assert hub.changes() == ([], [])


def test_a_loss_is_told_to_who_follows_that_kind():
    hub = Hub(9)
    ticks, trades = joined(hub), joined(hub, tick=False, trade=True)

    hub.lost(Gap(f"trade/{BTC}/", BTC, 1, 4, 9, "slow_consumer"))

    assert seen(ticks) == []
    assert trades.out[0].fields == {
        "t": "gap",
        "symbol": BTC,
        "kind": "trade",
        "epoch": 1,
        "first": 4,
        "last": 9,
        "reason": "slow_consumer",
    }


def test_records_of_a_symbol_that_nobody_wants_are_let_go():
    hub = Hub(9)
    hub.take(tick(1))
    hub.lost(Gap(f"tick/{BTC}/", BTC, 1, 4, 9, "slow_consumer"))
    hub.prefill(BTC, "tick", [tick(1)])
    hub.accept(BTC)

    assert not hub.symbols
    assert hub.received["tick"] == 1


def test_after_a_silence_a_tick_goes_at_once_and_the_next_one_waits_for_its_time():
    hub = Hub(9)
    one = joined(hub, 1000)

    def served(now):
        hub.flush(now)
        found = [piece.seq for viewer in hub.collect() for piece in viewer.out]
        one.out.clear()
        return found

    assert hub.next_due() is None
    hub.take(tick(1))
    assert served(7.0) == [1]
    assert served(7.5) == []
    hub.take(tick(2))
    assert hub.next_due() == 8.0
    assert served(7.9) == []
    assert served(8.0) == [2]
    assert hub.next_due() is None


@given(
    st.lists(
        st.one_of(
            st.just("tick"),
            st.just("flush"),
            st.just("pause"),
            st.just("resume"),
            st.sampled_from([0, 100, 1000]),
        ),
        max_size=40,
    )
)
def test_whatever_a_viewer_does_its_ticks_have_no_hole_and_no_repetition(steps):
    hub = Hub(100)
    one = joined(hub)
    got: list[tuple[int, int]] = []
    seq, now = 0, 0.0
    for step in [*steps, "resume", 0, "flush"]:
        now += 0.05
        if step == "tick":
            seq += 1
            hub.take(tick(seq))
        elif step == "flush":
            hub.flush(now)
        elif step == "pause":
            hub.pause(one)
        elif step == "resume":
            hub.resume(one, now)
        else:
            hub.retime(one, step, now)
        pieces = [piece for piece in one.out if not piece.record.image]
        one.out.clear()
        got += [(piece.first or piece.seq, piece.seq) for piece in pieces if piece.kind == "tick"]
    assert sum(last - first + 1 for first, last in got) == seq
    assert [first for first, _ in got] == [1, *(last + 1 for _, last in got[:-1])][: len(got)]
