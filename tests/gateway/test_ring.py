"""The newest records of a topic: what they give is all or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.ring import BEFORE_ANY, Ring
from tests.gateway.records import tick


def filled(*seqs: int, capacity: int = 4) -> Ring:
    ring = Ring(capacity)
    for seq in seqs:
        ring.put(tick(seq))
    return ring


def after(ring: Ring, seq: int, epoch: int = 1) -> list[int] | None:
    found = ring.after(epoch, seq)
    return None if found is None else [one.seq for one in found]


def test_all_that_follows_is_given_or_nothing():
    ring = filled(1, 2, 3, 4, 5, 6)

    assert after(ring, 6) == []
    assert after(ring, 4) == [5, 6]
    assert after(ring, 2) == [3, 4, 5, 6]
    assert after(ring, 1) is None
    assert after(ring, 7) is None
    assert after(ring, 6, epoch=2) is None
    assert after(Ring(3), 0) is None


def test_a_hole_or_a_new_epoch_begins_it_anew():
    ring = filled(1, 2, 5, 6)
    assert after(ring, 2) is None
    assert after(ring, 4) == [5, 6]

    ring.put(tick(1, epoch=2))
    assert after(ring, 4) is None
    assert after(ring, 0, epoch=2) == [1]


def test_older_records_are_put_before_as_far_as_they_fit():
    ring = filled(7, 8, capacity=5)
    ring.put_before([tick(seq) for seq in (1, 2, 4, 5, 6, 7, 8, 9)])
    assert after(ring, 3) == [4, 5, 6, 7, 8]

    stranger = filled(7, 8)
    stranger.put_before([tick(1), tick(2)])
    assert after(stranger, 6) == [7, 8]

    empty = Ring(2)
    empty.put_before([tick(1), tick(2), tick(3)])
    assert after(empty, 1) == [2, 3]


def test_an_image_that_begins_it_becomes_the_event_that_it_was():
    """A viewer that missed it must not take it for something that it knows."""
    ring = Ring(5)
    ring.put(tick(7, image=True))
    ring.put(tick(8))
    ring.put_before([tick(6), tick(7), tick(8)])
    assert [(one.seq, one.image) for one in ring.after(1, 5)] == [
        (6, False),
        (7, False),
        (8, False),
    ]


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 12), st.integers(1, 6))
def test_what_is_given_has_no_hole(seqs, cursor, capacity):
    found = after(filled(*seqs, capacity=capacity), cursor)
    if found is not None:
        assert found == list(range(cursor + 1, cursor + 1 + len(found)))
        assert seqs[-1] == cursor + len(found)


def test_who_was_there_before_the_first_record_gets_all_or_nothing():
    ring = Ring(3)
    assert ring.after(*BEFORE_ANY) == []
    for seq in (5, 6, 7):
        ring.put(tick(seq))
    assert [one.seq for one in ring.after(*BEFORE_ANY)] == [5, 6, 7]
    ring.put(tick(8))
    assert ring.after(*BEFORE_ANY) is None
