"""Server-sent events: frames and the cursor that comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.pieces import Note, Piece
from cryptostream.gateway.trail import Trail
from tests.gateway.records import BTC, ETH, status, tick, trade

BOTH = ("tick", "trade")


def test_a_cursor_names_where_each_ticker_stands():
    trail = Trail([BTC, "", ETH], BOTH)
    assert trail.mark() == "0-0.0.0-0.0.0"
    out = [Piece("tick", tick(4)), Piece("status", status(9)), Note({"t": "gap"})]
    trail.follow([*out, Piece("tick", tick(5)), Piece("trade", trade(7, symbol=ETH))])

    assert trail.mark() == "1-5.0.0-0.0.7"
    cursors = {BTC: {"tick": (1, 5)}, ETH: {"trade": (1, 7)}}
    assert Trail([BTC, "", ETH], BOTH).cursors("1-5.0.0-0.0.7") == cursors


def test_a_new_epoch_forgets_the_old_sequences():
    trail = Trail([BTC, ETH], ["tick"])
    trail.follow([Piece("tick", tick(4)), Piece("tick", tick(2, symbol=ETH, epoch=5))])

    assert trail.mark() == "5-0.2"


@pytest.mark.parametrize("mark", ["", "x", "1", "1-", "1-5", "1-5.0.7", "1-5.0-x", "9" * 17])
def test_what_is_no_id_of_ours_is_not_taken(mark):
    assert Trail([BTC, ETH], ["tick"]).cursors(mark) == {}


@given(st.text())
def test_any_id_is_read_without_a_failure(mark):
    Trail([BTC], BOTH).cursors(mark)


def test_only_batches_carry_the_cursor():
    trail = Trail([BTC], ["tick"])
    assert trail.frame("gap", b"{}") == b"event: gap\ndata: {}\n\n"
    assert trail.frame("batch", b"{}") == b"event: batch\nid: 0-0\ndata: {}\n\n"
