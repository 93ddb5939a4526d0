"""Changes before their stream: kept for a while, bounded, in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import Overloaded
from cryptostream.gateway.messages import Modify
from cryptostream.gateway.rpc_early import KEPT_S, MOST, MOST_OF_ONE, MOST_TEXT, Early

ME, OTHER = ("", "me"), ("", "other")


def change(*add: str) -> Modify:
    return Modify(add=list(add))


def test_changes_come_out_once_in_their_order_and_only_to_their_client():
    early = Early()
    for number, key in enumerate((ME, OTHER, ME)):
        early.keep(key, number, change(str(number)), 0.0)
    assert early.take(ME, 1.0) == [(0, change("0")), (2, change("2"))]
    assert early.take(ME, 1.0) == []
    assert len(early) == 1


def test_a_change_is_kept_so_long_and_no_longer():
    early = Early()
    early.keep(ME, 1, change("a"), 0.0)
    early.keep(ME, 2, change("b"), 1.0)
    assert early.take(ME, KEPT_S) == [(2, change("b"))]
    assert early.expired == 1


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ([ME] * MOST_OF_ONE, "x"),
        ([("", str(number)) for number in range(MOST)], "x"),
        ([("", str(number)) for number in range(4)], "x" * (MOST_TEXT // 4)),
    ],
)
def test_where_there_is_no_room_the_new_one_is_refused(keys, text):
    early = Early()
    for number, key in enumerate(keys):
        early.keep(key, number, change(text), 0.0)
    with pytest.raises(Overloaded) as caught:
        early.keep(keys[0], 9999, change("y"), 1.0)
    assert caught.value.code == "too_many_requests"
    early.keep(keys[0], 10_000, change("y"), KEPT_S)
    assert len(early) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 20)), max_size=80))
def test_it_is_never_above_its_bounds_and_forgets_nothing_else(steps):
    early, now, kept = Early(), 0.0, {name: [] for name in "abc"}
    for number, (name, takes, pause) in enumerate(steps):
        now += pause
        kept = {key: [one for one in all_ if one[1] > now] for key, all_ in kept.items()}
        if takes:
            assert [one for one, _ in early.take(("", name), now)] == [one for one, _ in kept[name]]
            kept[name] = []
        elif len(kept[name]) < MOST_OF_ONE:
            early.keep(("", name), number, change("t"), now)
            kept[name].append((number, now + KEPT_S))
        else:
            with pytest.raises(Overloaded):
                early.keep(("", name), number, change("t"), now)
        assert len(early) == sum(map(len, kept.values()))
