"""Workers that come, go, beat and have room: what the reconciler makes of them."""

from __future__ import annotations

from cryptostream.records import Phase
from cryptostream.router.instructions import ClosePage, Grow, OpenPage
from cryptostream.wire.hop import PageState
from tests.router.reconciling import BTC, ETH, Case, only, phases, report, worker


def test_all_tickers_of_a_lost_worker_are_opened_elsewhere():
    case = Case(worker("a"), worker("b", 2))
    opened = {one.symbol: one for one in only(OpenPage, case.want(BTC, ETH))}
    [lost] = [one.symbol for one in opened.values() if one.worker == "a"]

    case.it.worker_lost("a", "killed", case.now, case.ns)

    assert case.status(lost).phase is Phase.RETRYING
    assert "killed" in case.status(lost).text
    [again] = only(OpenPage, case.clock(1.0))
    assert (again.symbol, again.worker) == (lost, "b")


def test_a_worker_that_was_replaced_has_lost_its_pages():
    case = Case(worker())
    case.opened()
    case.up(worker(incarnation=2))
    assert case.status().code == "worker_lost"


def test_a_router_that_begins_anew_adopts_what_a_worker_already_runs():
    case = Case()
    case.want(BTC)
    running = report(OpenPage("browser-0", BTC, 57), PageState.LIVE)

    out = case.up(worker(), running)

    assert only(OpenPage, out) == []
    assert phases(out) == [Phase.LIVE]
    [later] = only(OpenPage, case.want(BTC, ETH))
    assert later.generation > 57


def test_a_page_that_nobody_wants_or_that_runs_elsewhere_is_closed():
    case = Case(worker())
    case.want(BTC)
    other = worker("browser-1", 2)
    reports = [
        report(OpenPage("browser-1", BTC, 7), PageState.LIVE),
        report(OpenPage("browser-1", ETH, 8), PageState.LIVE),
    ]
    assert only(ClosePage, case.up(other, *reports)) == [
        ClosePage("browser-1", BTC, 7),
        ClosePage("browser-1", ETH, 8),
    ]
    assert case.it.owner(BTC) == 1


def test_a_late_hello_does_not_bring_an_old_page_back():
    case = Case(worker())
    old = case.opened()
    case.want()
    new = case.opened()

    out = case.up(worker(), report(old, PageState.LIVE))

    assert phases(out) == []
    assert only(ClosePage, out) == [ClosePage("browser-0", BTC, old.generation)]
    assert phases(case.hear(report(new, PageState.LIVE))) == [Phase.LIVE]


def test_a_late_hello_does_not_fill_a_worker_beyond_its_capacity():
    case = Case(worker(capacity=1))
    old = case.opened()
    case.clock(20.0)
    case.want(ETH)
    case.want(BTC, ETH)
    out = case.up(worker(capacity=1), report(old, PageState.LIVE))
    assert len(case.it.workers()[0].pages) == 1
    assert ClosePage("browser-0", BTC, old.generation) in out


def test_a_beat_mends_what_was_lost_between():
    case = Case(worker())
    opened = case.opened()
    assert phases(case.beat(report(opened, PageState.LIVE))) == [Phase.LIVE]
    assert case.beat(report(opened, PageState.LIVE)) == []

    case.now += 4.0
    case.beat()

    assert case.status().code == "page_lost"
    assert len(only(OpenPage, case.clock(1.0))) == 1


def test_a_page_just_opened_may_be_missing_in_a_beat():
    case = Case(worker())
    case.opened()
    case.now += 2.0
    assert case.beat() == []


def test_a_beat_with_a_page_that_should_not_run_closes_it():
    case = Case(worker())
    opened = case.opened()
    case.want()
    assert case.beat(report(opened, PageState.LIVE)) == [
        ClosePage("browser-0", BTC, opened.generation)
    ]
    assert case.it.beat("unknown", [], case.now, case.ns) == []


def test_more_room_is_asked_for_once_and_only_below_the_ceiling():
    case = Case(worker(capacity=1), ceiling=2)
    out = case.want(BTC, ETH)
    assert only(Grow, out) == [Grow(2)]
    assert only(Grow, case.clock(1.0)) == []

    out = case.up(worker("browser-1", 2, capacity=1))
    assert [one.symbol for one in only(OpenPage, out)] == [ETH]

    out = case.want(BTC, ETH, "BINANCE:SOLUSDT")
    assert only(Grow, out) == []
    status = case.status("BINANCE:SOLUSDT")
    assert (status.phase, status.code) == (Phase.FAILED, "no_capacity")
    assert "unsubscribe" in status.text


def test_whoever_found_no_room_is_opened_when_there_is_some():
    case = Case(worker(capacity=1))
    case.want(BTC, ETH)
    out = case.want(ETH)
    assert [one.symbol for one in only(OpenPage, out)] == [ETH]
