"""Which worker gets the next ticker, and when one more is asked for."""

from __future__ import annotations

import pytest

from cryptostream.records import Phase
from cryptostream.router.instructions import Ticker, Worker
from cryptostream.router.placement import Placement, may_adopt
from cryptostream.router.states import status_of
from cryptostream.wire.hop import PageState, Report

BTC = "BINANCE:BTCUSDT"


def a_worker(name: str, capacity: int = 2, opening: int = 2, pages: int = 0) -> Worker:
    running = {f"X:{number}" for number in range(pages)}
    return Worker(name, 1, "tradingview", capacity, opening, pages=running)


def a_ticker(**changed) -> Ticker:
    ticker = Ticker(BTC, status_of(BTC, Phase.PENDING, "pending", "", 0))
    for name, value in changed.items():
        setattr(ticker, name, value)
    return ticker


def placement(*workers: Worker, ceiling: int = 1) -> Placement:
    it = Placement(ceiling)
    for one in workers:
        it.up(one)
    return it


def test_the_worker_with_the_fewest_pages_is_next_and_the_name_decides_between_equals():
    it = placement(a_worker("b", pages=1), a_worker("c"), a_worker("a", pages=1))
    assert it.next().worker == "c"
    it.put(a_ticker(), it.named("c"), 1, 0.0)
    assert it.next().worker == "a"


def test_a_worker_that_opens_enough_is_passed_over_until_one_of_them_is_live():
    it = placement(a_worker("a", opening=1))
    ticker = a_ticker(state=PageState.LOADING)
    it.put(ticker, it.named("a"), 1, 0.0)
    it.note_state(ticker)
    assert not it.full
    assert it.next() is None
    ticker.state = PageState.LIVE
    it.note_state(ticker)
    assert it.next().worker == "a"


def test_what_is_released_makes_room():
    it = placement(a_worker("a", capacity=1))
    ticker = a_ticker(state=PageState.LOADING)
    it.put(ticker, it.named("a"), 4, 7.0)
    it.note_state(ticker)
    assert (ticker.worker, ticker.generation, ticker.assigned_at) == ("a", 4, 7.0)
    assert it.full
    it.release(ticker)
    assert ticker.worker is None
    assert (it.named("a").pages, it.named("a").loading) == (set(), set())
    it.release(ticker)  # again is no error


@pytest.mark.parametrize(
    ("workers", "ceiling", "may", "asked"),
    [
        (0, 0, True, None),  # it is on its way, and nobody can be asked
        (0, 2, True, 1),
        (1, 2, True, 2),
        (2, 2, False, 3),
        (1, 0, False, None),
    ],
)
def test_more_is_asked_for_below_the_ceiling(workers, ceiling, may, asked):
    it = placement(*(a_worker(str(number)) for number in range(workers)), ceiling=ceiling)
    assert it.may_grow is may
    assert it.ask_for_one() == asked
    assert it.ask_for_one() is None


def test_a_lost_worker_may_be_asked_for_again():
    it = placement(a_worker("a"), ceiling=2)
    assert it.ask_for_one() == 2
    assert it.down("b") is None
    assert it.ask_for_one() is None
    assert it.down("a").worker == "a"
    assert it.ask_for_one() == 1


@pytest.mark.parametrize(
    ("runs_at", "generation", "pages", "may"),
    [
        (None, 0, 0, True),
        (None, 0, 2, False),  # no room
        ("a", 5, 2, True),
        ("a", 6, 0, False),  # told to run a newer page since
        ("b", 5, 0, False),
    ],
)
def test_which_running_page_may_be_the_wanted_one(runs_at, generation, pages, may):
    ticker = a_ticker(worker=runs_at, generation=generation)
    word = Report(symbol=BTC, generation=5, state=PageState.LIVE, code="ok", text="", ts=1)
    assert may_adopt(a_worker("a", pages=pages), ticker, word) is may
