"""Single rules of the reconciler for pages; its laws are in test_reconciler_laws."""

from __future__ import annotations

import pytest

from cryptostream.records import DataState, Phase, StreamState
from cryptostream.router.instructions import ClosePage, ForgetValues, OpenPage, Publish
from cryptostream.router.states import BLOCKED_CODES, INVALID_CODES
from cryptostream.wire.hop import PageState
from tests.router.reconciling import BTC, ETH, NS, Case, only, phases, report, worker


def test_a_wanted_symbol_is_announced_and_opened():
    case = Case(worker())
    out = case.want(BTC)
    assert phases(out) == [Phase.PENDING, Phase.LOADING]
    assert only(OpenPage, out) == [OpenPage("browser-0", BTC, 1)]
    assert case.it.owner(BTC) == 1


def test_wanting_the_same_again_says_and_does_nothing():
    case = Case(worker())
    case.want(BTC)
    assert case.want(BTC) == []


def test_without_a_worker_a_symbol_waits_and_is_opened_when_one_comes():
    case = Case()
    assert phases(case.want(BTC)) == [Phase.PENDING]
    assert case.it.owner(BTC) is None
    assert len(only(OpenPage, case.up(worker()))) == 1


def test_a_symbol_nobody_wants_is_closed_and_its_value_forgotten():
    case = Case(worker())
    opened = case.opened()

    out = case.want()

    assert only(ClosePage, out) == [ClosePage("browser-0", BTC, opened.generation)]
    assert only(ForgetValues, out) == [ForgetValues(BTC)]
    assert phases(out) == [Phase.CLOSED]
    assert case.it.tickers() == []


def test_the_worker_with_the_fewest_pages_gets_the_next():
    case = Case(worker("a"), worker("b", 2))
    out = case.want(BTC, ETH)
    assert {one.worker for one in only(OpenPage, out)} == {"a", "b"}


def test_no_more_pages_open_at_once_than_allowed_and_a_live_one_makes_way():
    case = Case(worker(opening=1))
    [first] = only(OpenPage, case.want(BTC, ETH))
    assert case.clock(1.0) == []
    out = case.hear(report(first, PageState.LIVE))
    assert [one.symbol for one in only(OpenPage, out)] == [ETH]


def test_what_a_page_reports_is_published_with_its_axes():
    case = Case(worker())
    out = case.hear(report(case.opened(), PageState.LIVE))
    [said] = only(Publish, out)
    assert (said.status.phase, said.status.stream, said.status.data) == (
        Phase.LIVE,
        StreamState.OPEN,
        DataState.OK,
    )


def test_the_same_word_twice_is_published_once():
    case = Case(worker())
    opened = case.opened()
    case.hear(report(opened, PageState.LIVE))
    assert case.hear(report(opened, PageState.LIVE)) == []


def test_a_late_word_of_an_old_page_changes_nothing():
    case = Case(worker(), worker("browser-1", 2))
    opened = case.opened()
    case.fails(opened)
    [again] = only(OpenPage, case.clock(5.0))
    before = case.status()

    assert case.hear(report(opened, PageState.LIVE), opened.worker) == []
    assert case.hear(report(again, PageState.LIVE), "browser-x") == []
    assert case.status() == before


def test_a_failed_page_is_tried_again_after_its_pause_with_the_time_told():
    case = Case(worker())
    opened = case.opened()

    case.fails(opened)

    status = case.status()
    assert (status.phase, status.code, status.attempt) == (Phase.RETRYING, "crashed", 1)
    assert status.ts_next == case.ns + NS
    assert only(OpenPage, case.clock(0.9)) == []
    [again] = only(OpenPage, case.clock(0.2))
    assert again.generation > opened.generation


def test_two_failures_in_a_row_do_not_end_retrying():
    case = Case(worker())
    opened = case.opened()
    for attempt in range(1, 6):
        case.fails(opened)
        assert case.status().attempt == attempt
        assert only(OpenPage, case.clock(attempt - 0.1)) == []
        [opened] = only(OpenPage, case.clock(0.2))
    assert case.it.restarts == 5


def test_the_attempt_is_forgotten_after_a_stable_run():
    case = Case(worker())
    case.fails(case.opened())
    [again] = only(OpenPage, case.clock(1.0))
    case.hear(report(again, PageState.LIVE))

    case.clock(30.0)
    case.fails(again)

    assert case.status().attempt == 1


def test_the_attempt_is_kept_after_a_run_that_was_too_short():
    case = Case(worker())
    case.fails(case.opened())
    [again] = only(OpenPage, case.clock(1.0))
    case.hear(report(again, PageState.LIVE))
    case.clock(29.0)
    case.fails(again)
    assert case.status().attempt == 2


def test_time_spent_stale_is_no_stable_run():
    case = Case(worker())
    case.fails(case.opened())
    [again] = only(OpenPage, case.clock(1.0))
    case.hear(report(again, PageState.LIVE))
    case.clock(1.0)
    case.hear(report(again, PageState.STALE, "silent"))
    case.clock(60.0)
    case.fails(again, "stale")
    assert case.status().attempt == 2


@pytest.mark.parametrize("code", sorted(INVALID_CODES))
def test_a_symbol_that_does_not_exist_is_never_tried_again(code):
    case = Case(worker())
    case.fails(case.opened(), code, retriable=False)
    assert case.status().phase is Phase.INVALID
    assert case.status().stream is StreamState.CLOSED
    assert case.clock(10_000.0) == []


def test_what_cannot_be_retried_is_failed_until_it_is_wanted_anew():
    case = Case(worker())
    case.fails(case.opened(), "symbol_error", retriable=False)
    assert case.status().phase is Phase.FAILED
    assert case.clock(10_000.0) == []
    case.want()
    assert len(only(OpenPage, case.want(BTC))) == 1


def test_after_as_many_attempts_as_are_set_a_ticker_is_given_up():
    case = Case(worker(), give_up_after=2)
    opened = case.opened()
    for _ in range(2):
        case.fails(opened)
        [opened] = only(OpenPage, case.clock(5.0))
    case.fails(opened)
    assert case.status().phase is Phase.FAILED
    assert "given up after 2 attempts" in case.status().text
    assert case.clock(10_000.0) == []


def test_what_was_given_up_begins_anew_when_it_is_asked_for():
    case = Case(worker(), give_up_after=1)
    opened = case.opened()
    assert case.retry(BTC) == case.retry(ETH) == []
    case.fails(opened)
    assert case.retry(BTC) == []
    [opened] = only(OpenPage, case.clock(5.0))
    case.fails(opened)
    assert case.status().phase is Phase.FAILED

    out = case.retry(BTC)

    assert len(only(OpenPage, out)) == 1
    assert phases(out) == [Phase.PENDING, Phase.LOADING]
    assert case.status().attempt == 0


def test_a_page_that_says_nothing_is_closed_and_tried_again():
    case = Case(worker())
    opened = case.opened()
    out = case.clock(20.0)
    assert only(ClosePage, out) == [ClosePage("browser-0", BTC, opened.generation)]
    assert case.status().code == "open_timeout"
    assert len(only(OpenPage, case.clock(1.0))) == 1


@pytest.mark.parametrize("code", sorted(BLOCKED_CODES))
def test_a_refusal_holds_the_whole_host_and_longer_each_time(code):
    case = Case(worker(opening=1))
    [opened] = only(OpenPage, case.want(BTC, ETH))
    for pause in (60.0, 120.0, 240.0):
        case.fails(opened, code)
        assert only(OpenPage, case.clock(pause - 0.1)) == []
        [opened, *_] = only(OpenPage, case.clock(0.2))


def test_a_pause_that_the_host_asks_for_is_kept():
    case = Case(worker())
    case.fails(case.opened(), "blocked", retry_after=500.0)
    assert only(OpenPage, case.clock(499.0)) == []
    assert len(only(OpenPage, case.clock(1.0))) == 1


def test_a_longer_pause_asked_for_by_a_second_refusal_is_kept_too():
    case = Case(worker())
    first, second = only(OpenPage, case.want(BTC, ETH))
    case.fails(first, "blocked")
    case.fails(second, "blocked", retry_after=500.0)
    assert only(OpenPage, case.clock(499.0)) == []
    assert len(only(OpenPage, case.clock(1.0))) == 2


@pytest.mark.parametrize("asked", [float("inf"), float("nan"), -5.0, 1e300])
def test_an_absurd_pause_is_not_taken_at_its_word(asked):
    case = Case(worker())
    case.fails(case.opened(), "blocked", retry_after=asked)
    assert only(OpenPage, case.clock(59.0)) == []
    assert len(only(OpenPage, case.clock(86_400.0))) == 1


def test_a_page_that_runs_ends_the_growing_of_the_pause():
    case = Case(worker())
    case.fails(case.opened(), "blocked")
    [again] = only(OpenPage, case.clock(61.0))
    case.hear(report(again, PageState.LIVE))
    case.fails(again, "blocked")
    assert len(only(OpenPage, case.clock(60.0))) == 1
