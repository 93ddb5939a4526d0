"""Server-sent events: frames and the cursor that comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.pieces import Note, Piece
from cryptostream.gateway.positions import UNKNOWN
from cryptostream.gateway.trail import Trail
from tests.gateway.records import BTC, ETH, status, tick, trade

BOTH = ("tick", "trade")


def test_a_cursor_names_where_each_ticker_stands():
    trail = Trail([BTC, "", ETH], BOTH)
    assert trail.mark() == "0-..-.."
    out = [Piece("tick", tick(4)), Piece("status", status(9)), Note({"t": "gap"})]
    trail.follow([*out, Piece("tick", tick(5)), Piece("trade", trade(7, symbol=ETH))])

    assert trail.mark() == "1-5..-..7"
    cursors = {BTC: {"tick": (1, 5)}, ETH: {"trade": (1, 7)}}
    assert Trail([BTC, "", ETH], BOTH, "1-5..-..7").cursors == cursors


def test_a_ticker_that_says_nothing_after_a_reconnect_keeps_its_place():
    """Else the next reconnect would begin afresh there, and lose what came meanwhile."""
    again = Trail([BTC, ETH], ["tick"], "1-5.7")
    assert again.mark() == "1-5.7"
    again.follow([Piece("status", status(9)), Piece("tick", tick(6))])
    assert again.mark() == "1-6.7"
    assert Trail([BTC, ETH], ["tick"], again.mark()).cursors[ETH] == {"tick": (1, 7)}


def test_in_a_new_epoch_who_had_something_stands_before_its_first_record():
    trail = Trail([BTC, ETH, "X:SOLUSDT"], ["tick"])
    trail.follow([Piece("tick", tick(4)), Piece("tick", tick(2, symbol=ETH, epoch=5))])

    assert trail.mark() == "5-0.2."
    found = Trail([BTC, ETH, "X:SOLUSDT"], ["tick"], trail.mark()).cursors
    assert found == {BTC: {"tick": (5, 0)}, ETH: {"tick": (5, 2)}}


@pytest.mark.parametrize(
    "mark",
    ["x", "-", "1", "1-", "1-5", "1-5.0.7.1", "1-5.0-x", "1-5.7-5.7", "1-\u0665..7", "9" * 17],
)
def test_what_is_no_id_of_this_address_is_a_place_that_nobody_knows(mark):
    trail = Trail([BTC, "", ETH], ["tick"], mark)
    assert trail.cursors == {BTC: {"tick": UNKNOWN}, ETH: {"tick": UNKNOWN}}
    assert trail.mark() == "0-.."


def test_who_brings_no_id_begins_afresh():
    assert Trail([BTC, ETH], BOTH).cursors == {}


@given(st.text(), st.sampled_from([BOTH, ["tick"], ["trade"]]))
def test_any_id_is_read_without_a_failure(mark, kinds):
    Trail([BTC], kinds, mark)


@given(
    st.integers(1, 10**15),
    st.lists(st.none() | st.integers(0, 10**15), min_size=4, max_size=4),
)
def test_an_id_comes_back_as_it_went(epoch, seqs):
    words = ["" if seq is None else str(seq) for seq in seqs]
    mark = f"{epoch}-{words[0]}.{words[1]}-{words[2]}.{words[3]}"
    assert Trail([BTC, ETH], BOTH, mark).mark() == mark


def test_only_batches_carry_the_cursor():
    trail = Trail([BTC], ["tick"])
    assert trail.frame("gap", b"{}") == b"event: gap\ndata: {}\n\n"
    assert trail.frame("batch", b"{}") == b"event: batch\nid: 0-\ndata: {}\n\n"
