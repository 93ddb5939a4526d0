"""Several sources for one ticker: what runs, who publishes, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cryptostream.records import Phase
from cryptostream.router.acquisition import Acquisition
from cryptostream.router.failover import FailoverRules
from cryptostream.router.instructions import (
    ClosePage,
    ForgetValues,
    OpenPage,
    Publish,
    Rules,
    Switched,
    Worker,
)
from cryptostream.symbols import Order
from cryptostream.wire.hop import PageState, Report

NS = 1_000_000_000
BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
RULES = Rules(delay=lambda attempt: 60.0, stable_after=30, open_within=20, ceiling=0)


def order(symbol: str) -> Order:
    if symbol.startswith("NOWHERE"):
        return Order((), why_none="nobody has it")
    return Order(("page", "api"), held="poll would have another's price")


class Case:
    """An acquisition with a clock and two workers."""

    def __init__(
        self,
        *sources: str,
        warm: bool = False,
        delay: float = 60.0,
        simulated: bool = False,
    ) -> None:
        self.now = 100.0
        failover = FailoverRules(after=3.0, first_within=15.0, return_after=30.0, warm=warm)
        rules = replace(RULES, delay=lambda attempt: delay, simulated=simulated)
        self.it = Acquisition({"page": rules, "api": rules}, failover, order, simulated=simulated)
        for number, source in enumerate(sources or ("page", "api"), 1):
            self.up(source, number)

    @property
    def ns(self) -> int:
        return int(self.now * NS)

    def up(self, source: str, incarnation: int, *reports: Report) -> list:
        worker = Worker(f"{source}-0", incarnation, source, 9, 9)
        return self.it.worker_up(worker, reports, self.now, self.ns)

    def want(self, *symbols: str) -> list:
        return self.it.want(set(symbols), self.now, self.ns)

    def clock(self, seconds: float) -> list:
        self.now += seconds
        return self.it.clock(self.now, self.ns)

    def say(self, source: str, state: PageState, code: str = "ok", **more) -> list:
        leg = self.it.leg(BTC, source)
        report = Report(
            symbol=BTC,
            generation=leg.generation,
            state=state,
            code=code,
            text=code,
            ts=self.ns,
            **more,
        )
        return self.it.report(source, f"{source}-0", report, self.now, self.ns)

    @property
    def line(self):
        return self.it.line(BTC)


def only(kind: type, out: list) -> list:
    return [one for one in out if isinstance(one, kind)]


def live_page(**options) -> Case:
    case = Case(**options)
    case.want(BTC)
    case.say("page", PageState.LIVE)
    return case


def on_api() -> Case:
    """Return a case whose page was blocked and whose exchange took over."""
    case = live_page()
    case.say("page", PageState.FAILED, "blocked")
    case.clock(3.0)
    case.say("api", PageState.LIVE)
    return case


def test_only_the_preferred_source_is_opened():
    case = Case()
    out = case.want(BTC)
    assert only(OpenPage, out) == [OpenPage("page-0", BTC, 1)]
    assert [one.status.phase for one in only(Publish, out)] == [Phase.PENDING, Phase.LOADING]
    assert case.it.writers(BTC) == (1, [])


def test_a_source_that_stays_ill_is_left_and_what_happened_is_said():
    case = live_page()
    case.say("page", PageState.FAILED, "blocked")
    assert only(OpenPage, case.clock(2.9)) == []
    assert [one.worker for one in only(OpenPage, case.clock(0.2))] == ["api-0"]
    assert case.line.status.phase is Phase.RETRYING

    out = case.say("api", PageState.LIVE)

    [switch] = only(Switched, out)
    assert (switch.old, switch.new, switch.reason) == ("page", "api", "blocked")
    assert switch.text == "api instead of page: blocked"
    assert (switch.status.phase, switch.status.source) == (Phase.LIVE, "api")
    # The blocked source has no worker: it waits for its next attempt.
    assert case.it.writers(BTC) == (2, [])


def test_the_reason_of_a_switch_is_what_was_wrong_and_not_that_it_is_tried_again():
    case = live_page(delay=5.0)
    case.say("page", PageState.FAILED, "crashed")
    case.clock(3.0)
    case.clock(2.1)
    assert case.line.status.phase is Phase.LOADING

    [switch] = only(Switched, case.say("api", PageState.LIVE))

    assert (switch.reason, switch.text) == ("crashed", "api instead of page: crashed")


def test_a_short_illness_changes_nothing():
    case = live_page()
    case.say("page", PageState.STALE, "silent")
    case.clock(2.0)
    case.say("page", PageState.LIVE)
    assert only(OpenPage, case.clock(60.0)) == []
    assert case.line.active == "page"


def test_a_better_source_takes_the_ticker_back_after_its_stable_while():
    case = on_api()
    [again] = only(OpenPage, case.clock(60.0))
    assert again.worker == "page-0"
    case.say("page", PageState.LIVE)
    assert case.line.active == "api"
    assert case.it.writers(BTC) == (2, [1])
    assert case.clock(29.0) == []

    out = case.clock(1.0)

    [switch] = only(Switched, out)
    assert (switch.old, switch.new, switch.reason) == ("api", "page", "returned")
    assert "well again" in switch.text
    # What stood in is not needed any more.
    assert [one.worker for one in only(ClosePage, out)] == ["api-0"]
    assert case.it.writers(BTC) == (1, [])


def test_what_stands_by_says_nothing_to_clients():
    case = on_api()
    case.clock(60.0)
    assert only(Publish, case.say("page", PageState.LIVE)) == []


def test_a_warm_standby_runs_all_the_time():
    case = Case(warm=True)
    assert {one.worker for one in only(OpenPage, case.want(BTC))} == {"page-0", "api-0"}
    assert case.it.writers(BTC) == (1, [2])


def test_when_all_sources_are_ill_the_held_one_is_named():
    case = live_page()
    case.say("page", PageState.STALE, "silent")
    assert case.line.status.text == "silent; poll would have another's price"
    case.say("page", PageState.LIVE)
    assert "poll" not in case.line.status.text


def test_a_ticker_without_any_source_is_failed_with_the_reason():
    case = Case()
    [said] = only(Publish, case.want("NOWHERE:XYZ"))
    assert (said.status.phase, said.status.code) == (Phase.FAILED, "no_source")
    assert said.status.text == "nobody has it"
    assert only(ForgetValues, case.want()) == [ForgetValues("NOWHERE:XYZ")]


def test_the_end_of_a_ticker_closes_all_its_legs_and_is_said_once():
    case = on_api()
    case.clock(60.0)
    out = case.want()
    assert {one.worker for one in only(ClosePage, out)} == {"page-0", "api-0"}
    assert [one.status.phase for one in only(Publish, out)] == [Phase.CLOSED]
    assert only(ForgetValues, out) == [ForgetValues(BTC)]
    assert case.it.writers(BTC) == (None, [])


def test_a_source_whose_worker_is_not_there_is_waited_for_like_any_ill_one():
    case = Case("api")
    assert case.want(BTC)[-1].status.text.startswith("waiting for page")
    [opened] = only(OpenPage, case.clock(15.0))
    assert opened.worker == "api-0"
    assert len(only(Switched, case.say("api", PageState.LIVE))) == 1


def test_a_new_router_takes_up_what_a_standing_in_source_runs():
    case = Case("page")
    case.want(BTC)
    case.say("page", PageState.FAILED, "blocked")
    running = Report(
        symbol=BTC, generation=7, state=PageState.LIVE, code="ok", text="ok", ts=case.ns
    )

    out = case.up("api", 2, running)

    assert only(ClosePage, out) == []
    assert len(only(Switched, case.clock(3.0))) == 1


def test_a_worker_of_a_source_that_nobody_knows_changes_nothing():
    case = Case()
    assert case.up("elsewhere", 9) == []
    assert case.it.leg(BTC, "elsewhere") is None


def test_a_lost_worker_is_an_illness_like_any_other():
    case = live_page()
    case.want(BTC, ETH)
    case.it.worker_lost("page", "page-0", "killed", case.now, case.ns)
    assert case.line.status.code == "worker_lost"
    opened = only(OpenPage, case.clock(3.0))
    assert [(one.worker, one.symbol) for one in opened] == [("api-0", BTC), ("api-0", ETH)]


def test_a_ticker_that_failed_everywhere_begins_anew_at_every_source():
    case = Case()
    case.want(BTC)
    assert case.it.retry(BTC, case.now, case.ns) == []
    case.say("page", PageState.FAILED, "no_price", retriable=False)
    case.say("api", PageState.FAILED, "no_price", retriable=False)
    assert case.line.status.phase is Phase.FAILED

    out = case.it.retry(BTC, case.now, case.ns)

    assert {one.worker for one in only(OpenPage, out)} == {"page-0", "api-0"}
    assert case.line.status.phase is Phase.LOADING
    assert case.it.retry(BTC, case.now, case.ns) == []
    assert case.it.retry(ETH, case.now, case.ns) == []


@pytest.mark.parametrize("simulated", [False, True])
def test_on_a_simulated_market_every_status_says_so_from_the_first_one_on(simulated):
    case = Case(simulated=simulated)

    found = case.want(BTC, "NOWHERE:X")
    found += case.say("page", PageState.LOADING)
    found += case.say("page", PageState.FAILED, "blocked")
    found += case.clock(16.0)
    found += case.want()

    statuses = [one.status for one in found if isinstance(one, Publish)]
    assert {"pending", "loading", "retrying", "failed", "closed"} <= {one.phase for one in statuses}
    assert {one.simulated for one in statuses} == {simulated}
