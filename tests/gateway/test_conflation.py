"""MERGE: of each field the newest value, of different origins never a mixture."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.conflation import Merged, merge
from tests.gateway.records import tick

FIELDS = ("bid", "ask", "change", "change_percent", "volume")
values = st.fixed_dictionaries(
    {}, optional={name: st.integers(1, 99).map(Decimal) for name in FIELDS}
)


@given(st.lists(values, min_size=1, max_size=12))
def test_merging_equals_a_replay_of_the_newest_of_each_field(all_values):
    ticks = [tick(seq, str(seq + 1), **each) for seq, each in enumerate(all_values, 5)]
    replay: dict[str, Decimal] = {}
    for each in all_values:
        replay.update(each)

    merged = merge(ticks)

    assert {n: v for n in FIELDS if (v := getattr(merged.tick, n)) is not None} == replay
    assert (merged.tick.last, merged.tick.seq) == (ticks[-1].last, ticks[-1].seq)
    assert (merged.first, merged.count) == (5, len(ticks) - 1)
    assert merged.first + merged.count == merged.tick.seq


def test_what_goes_in_is_never_changed():
    first, second = tick(1, bid=Decimal(9)), tick(2)

    merged = merge([first, second])

    assert second.bid is None
    assert merged.tick.bid == 9


def test_ticks_of_another_origin_are_not_mixed_but_counted():
    for differs in ({"source": "t"}, {"venue": "V"}, {"currency": "USD"}, {"simulated": True}):
        merged = Merged(tick(1, bid=Decimal(9)))
        merged.add(tick(2, **differs))
        assert merged.tick.bid is None
        assert (merged.first, merged.count) == (1, 1)


def test_a_new_epoch_begins_the_range_anew():
    merged = Merged(tick(900, bid=Decimal(9)))
    merged.add(tick(1, epoch=2))

    assert (merged.first, merged.count, merged.tick.bid) == (1, 1, None)


def test_nothing_is_nothing():
    assert merge([]) is None
