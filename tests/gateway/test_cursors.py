"""What a viewer that comes back has missed: all of it, or a gap that says what is known of it."""

from __future__ import annotations

import pytest

from cryptostream.gateway.cursors import catch_up
from cryptostream.gateway.pieces import Note
from cryptostream.gateway.positions import UNKNOWN
from cryptostream.gateway.ring import Ring
from tests.gateway.records import BTC, tick

EPOCH = 1


def ring(*seqs: int) -> Ring:
    found = Ring(9)
    for seq in seqs:
        found.put(tick(seq))
    return found


def told(found):
    gaps = [one.fields for one in found.out if isinstance(one, Note)]
    return [(one["epoch"], one["first"], one["last"], one["reason"]) for one in gaps]


@pytest.mark.parametrize(
    ("held", "cursor", "present", "gap"),
    [
        ([8, 9], (EPOCH, 3), EPOCH, (EPOCH, 4, 8, "aged_out")),
        ([8, 9], (7, 3), EPOCH, (7, 4, None, "new_epoch")),
        ([], (7, 3), EPOCH, (7, 4, None, "new_epoch")),
        ([], (EPOCH, 3), EPOCH, (EPOCH, 4, None, "aged_out")),
        ([], (EPOCH, 3), None, (EPOCH, 4, None, "new_epoch")),
        ([8, 9], (EPOCH, 99), EPOCH, (EPOCH, None, None, "aged_out")),
        ([8, 9], UNKNOWN, EPOCH, (EPOCH, None, 9, "aged_out")),
        ([], UNKNOWN, EPOCH, (EPOCH, None, None, "aged_out")),
    ],
)
def test_what_cannot_be_recovered_is_told_as_far_as_it_is_known(held, cursor, present, gap):
    found = catch_up(BTC, "tick", ring(*held), cursor, 0, present)
    assert found.recovered is False
    assert told(found) == [gap]


def test_who_had_nothing_of_a_topic_that_has_nothing_missed_nothing():
    found = catch_up(BTC, "trade", ring(), (EPOCH, 0), 0, EPOCH)
    assert (found.recovered, list(found.out)) == (True, [])
    found = catch_up(BTC, "trade", ring(), (7, 0), 0, EPOCH)
    assert told(found) == [(7, 1, None, "new_epoch")]


def test_who_stood_before_the_first_record_gets_all_of_them():
    found = catch_up(BTC, "tick", ring(1, 2, 3), (EPOCH, 0), 0, EPOCH)
    assert found.recovered is True
    assert [one.seq for one in found.out] == [1, 2, 3]
