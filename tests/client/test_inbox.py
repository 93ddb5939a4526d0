"""The client's bounded queue: what it drops is told in its place."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.client.inbox import POLICY, Inbox
from cryptostream.records import Tick
from cryptostream.wire.effects import Connected, Gap


def tick(seq: int, symbol: str = "BINANCE:BTCUSDT", epoch: int = 1) -> Tick:
    return Tick(
        symbol=symbol,
        source="s",
        method="sim",
        ts_observed=1,
        last=Decimal(1),
        seq=seq,
        epoch=epoch,
    )


def drain(inbox: Inbox) -> list[object]:
    items = []
    while (item := inbox.take()) is not None:
        items.append(item)
    return items


def test_items_come_out_in_the_order_they_went_in():
    inbox = Inbox(10)
    for seq in range(1, 6):
        inbox.put(tick(seq))

    assert [item.seq for item in drain(inbox)] == [1, 2, 3, 4, 5]
    assert inbox.statistics().dropped == 0


def test_a_full_inbox_drops_the_oldest_tick_and_says_which():
    inbox = Inbox(3)
    for seq in range(1, 6):
        inbox.put(tick(seq))

    gap, *rest = drain(inbox)
    assert gap == Gap("tick/BINANCE:BTCUSDT/", "BINANCE:BTCUSDT", 1, 1, 2, "slow_consumer")
    assert [item.seq for item in rest] == [3, 4, 5]


def test_what_was_dropped_of_two_epochs_is_told_of_both():
    inbox = Inbox(3)
    began_anew = Gap("tick/BINANCE:BTCUSDT/", "BINANCE:BTCUSDT", 1, 6, None, "new_epoch")
    for seq in range(1, 6):
        inbox.put(tick(seq))
    inbox.put(began_anew)
    for seq in range(1, 6):
        inbox.put(tick(seq, epoch=2))

    items = drain(inbox)

    gaps = [item for item in items if isinstance(item, Gap)]
    assert [(gap.epoch, gap.first, gap.last) for gap in gaps if gap is not began_anew] == [
        (1, 1, 5),
        (2, 1, 3),
    ]
    assert began_anew in items


def test_events_are_never_dropped():
    inbox = Inbox(2)
    inbox.put(Connected(1, simulated=False))
    for seq in range(1, 6):
        inbox.put(tick(seq))

    items = drain(inbox)
    assert any(isinstance(item, Connected) for item in items)


def test_the_counters_name_the_policy():
    inbox = Inbox(2)
    for seq in range(1, 6):
        inbox.put(tick(seq))

    statistics = inbox.statistics()
    assert (statistics.capacity, statistics.received, statistics.dropped) == (2, 5, 3)
    assert (statistics.high_water, statistics.policy) == (2, POLICY)


@given(
    capacity=st.integers(1, 8),
    moves=st.lists(st.sampled_from(["put A", "put B", "take"]), max_size=60),
)
def test_every_record_is_delivered_or_covered_by_a_gap_before_its_successors(capacity, moves):
    inbox, sent = Inbox(capacity), {"A": 0, "B": 0}
    out = []
    for move in moves:
        if move == "take":
            out += [item] if (item := inbox.take()) is not None else []
        else:
            name = move[-1]
            sent[name] += 1
            inbox.put(tick(sent[name], f"X:{name}"))
    out += drain(inbox)

    position = {"X:A": 0, "X:B": 0}
    for item in out:
        if isinstance(item, Gap):
            assert item.first == position[item.symbol] + 1
            position[item.symbol] = item.last
        else:
            assert item.seq == position[item.symbol] + 1
            position[item.symbol] = item.seq
    assert position == {f"X:{name}": count for name, count in sent.items()}
