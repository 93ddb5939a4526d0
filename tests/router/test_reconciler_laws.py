"""The laws of the reconciler over any history of wishes, workers, failures and delays.

Simulated workers carry out its instructions, late or not at all; what it says is checked
against what it has been told, never against its own books.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.records import Phase
from cryptostream.router.instructions import (
    ClosePage,
    ForgetValues,
    Grow,
    OpenPage,
    Publish,
    Rules,
    Worker,
)
from cryptostream.router.reconciler import Reconciler
from cryptostream.wire.hop import PageState, Report

NS = 1_000_000_000
SYMBOLS = ["X:A", "X:B", "X:C", "X:D", "X:E", "X:F"]
NAMES = ["browser-0", "browser-1"]
CAPACITY, MAX_OPENING, CEILING = 3, 2, 2
BLOCKED_PAUSE = 5.0
RULES = Rules(
    delay=lambda attempt: min(8.0, 0.25 * 2.0**attempt),
    stable_after=30.0,
    open_within=20.0,
    ceiling=CEILING,
    blocked_pause=BLOCKED_PAUSE,
)


@dataclass
class Browser:
    """A worker process: its pages by symbol as (generation, state), and what is on its way."""

    name: str
    incarnation: int
    pages: dict[str, tuple[int, PageState]] = field(default_factory=dict)
    inbox: list[OpenPage | ClosePage] = field(default_factory=list)

    def reports(self) -> list[Report]:
        return [
            _report(symbol, generation, state) for symbol, (generation, state) in self.pages.items()
        ]


def _report(
    symbol: str, generation: int, state: PageState, code: str = "ok", *, retriable: bool = True
) -> Report:
    return Report(
        symbol=symbol,
        generation=generation,
        state=state,
        code=code,
        text=code,
        ts=1,
        retriable=retriable,
    )


class World:
    """Reconciler and browsers; ``held`` is who runs what as far as the reconciler knows."""

    def __init__(self) -> None:
        self.now = 0.0
        self.it = Reconciler("tradingview", RULES)
        self.wanted: set[str] = set()
        self.browsers: dict[str, Browser] = {}
        self.incarnations = 0
        self.held: dict[str, tuple[str, int]] = {}
        self.over: set[str] = set()  # symbols that must not be tried again
        self.blocked_until = 0.0
        self.late: list[tuple[str, Report]] = []

    @property
    def ns(self) -> int:
        return int(self.now * NS)

    # -- steps --------------------------------------------------------------------------

    def want(self, symbols: tuple[str, ...]) -> None:
        self.over &= set(symbols)
        self.wanted = set(symbols)
        self.carry_out(self.it.want(self.wanted, self.now, self.ns))

    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds
        self.carry_out(self.it.clock(self.now, self.ns))

    def an_instruction_arrives(self, index: int) -> None:
        if browser := self.pick(index):
            self.obey(browser)

    def an_instruction_is_lost(self, index: int) -> None:
        browser = self.pick(index)
        if browser and browser.inbox:
            browser.inbox.pop(0)

    def a_page_speaks(self, index: int, state: PageState) -> None:
        if browser := self.pick(index):
            for symbol, (generation, _) in list(browser.pages.items())[-1:]:
                browser.pages[symbol] = (generation, state)
                self.tell(browser.name, _report(symbol, generation, state))

    def a_page_fails(self, index: int, code: str, retriable: bool) -> None:
        if browser := self.pick(index):
            for symbol, (generation, _) in list(browser.pages.items())[:1]:
                del browser.pages[symbol]
                found = _report(symbol, generation, PageState.FAILED, code, retriable=retriable)
                self.tell(browser.name, found)

    def a_page_vanishes(self, index: int) -> None:
        browser = self.pick(index)
        if browser and browser.pages:
            browser.pages.popitem()

    def a_late_word(self, index: int) -> None:
        """Something that was said already is heard again, whatever has happened since."""
        if self.late:
            name, report = self.late[index % len(self.late)]
            self.hear(name, report)

    def a_browser_beats(self, index: int) -> None:
        if browser := self.pick(index):
            self.beat(browser)

    def a_browser_says_hello(self, index: int) -> None:
        if browser := self.pick(index):
            self.hello(browser)

    def a_browser_starts(self, index: int) -> None:
        """It may take the place of one whose loss was never told."""
        name = NAMES[index]
        self.incarnations += 1
        self.browsers[name] = Browser(name, self.incarnations)
        self.held = {s: held for s, held in self.held.items() if held[0] != name}
        self.hello(self.browsers[name])

    def a_browser_is_lost(self, index: int) -> None:
        name = NAMES[index]
        self.browsers.pop(name, None)
        self.held = {s: held for s, held in self.held.items() if held[0] != name}
        self.carry_out(self.it.worker_lost(name, "killed", self.now, self.ns))
        for ticker in self.it.tickers():
            assert ticker.worker != name

    # -- what moves between -------------------------------------------------------------

    def pick(self, index: int) -> Browser | None:
        return self.browsers.get(NAMES[index])

    def obey(self, browser: Browser) -> None:
        if not browser.inbox:
            return
        match browser.inbox.pop(0):
            case OpenPage(_, symbol, generation):
                if browser.pages.get(symbol, (0, None))[0] < generation:
                    browser.pages[symbol] = (generation, PageState.LOADING)
                    self.tell(browser.name, _report(symbol, generation, PageState.LOADING))
            case ClosePage(_, symbol, generation):
                if browser.pages.get(symbol, (0, None))[0] == generation:
                    del browser.pages[symbol]
                    self.tell(browser.name, _report(symbol, generation, PageState.CLOSED))

    def tell(self, name: str, report: Report) -> None:
        self.late.append((name, report))
        self.hear(name, report)

    def hear(self, name: str, report: Report) -> None:
        before = {t.symbol: (t.status, t.worker, t.next_at) for t in self.it.tickers()}
        present = self.held.get(report.symbol) == (name, report.generation)
        if present:
            self.note(report)

        out = self.it.report(name, report, self.now, self.ns)

        if not present:
            # A late word of an old page changes nothing.
            assert out == []
            assert before == {t.symbol: (t.status, t.worker, t.next_at) for t in self.it.tickers()}
        self.carry_out(out)

    def note(self, report: Report) -> None:
        if report.state not in {PageState.FAILED, PageState.CLOSED}:
            return
        del self.held[report.symbol]
        if not report.retriable or report.code == "not_found":
            self.over.add(report.symbol)
        if report.code == "blocked":
            self.blocked_until = max(self.blocked_until, self.now + BLOCKED_PAUSE)

    def beat(self, browser: Browser) -> None:
        missing = {s for s, (name, _) in self.held.items() if name == browser.name}
        missing -= {s for s, (g, _) in browser.pages.items() if self.held.get(s, ("", 0))[1] == g}
        out = self.it.beat(browser.name, browser.reports(), self.now, self.ns)
        for symbol in missing:
            ticker = self.it.ticker(symbol)
            if ticker is not None and ticker.worker is None:
                del self.held[symbol]
        self.carry_out(out)

    def hello(self, browser: Browser) -> None:
        worker = Worker(browser.name, browser.incarnation, "tradingview", CAPACITY, MAX_OPENING)
        out = self.it.worker_up(worker, browser.reports(), self.now, self.ns)
        for symbol, (generation, _) in browser.pages.items():
            ticker = self.it.ticker(symbol)
            adopted = ticker and (ticker.worker, ticker.generation) == (browser.name, generation)
            if adopted:
                assert self.held.get(symbol, (browser.name,))[0] == browser.name
                self.held[symbol] = (browser.name, generation)
        self.carry_out(out)

    # -- laws ---------------------------------------------------------------------------

    def carry_out(self, out: list[object]) -> None:
        for one in out:
            match one:
                case OpenPage():
                    self.check_open(one)
                case ClosePage(worker, symbol, generation):
                    if self.held.get(symbol) == (worker, generation):
                        del self.held[symbol]
                    if worker in self.browsers:
                        self.browsers[worker].inbox.append(one)
                case Grow(workers):
                    assert 0 < workers <= CEILING
                case Publish(status):
                    assert status.symbol in self.wanted or status.phase is Phase.CLOSED
                case ForgetValues(symbol):
                    assert symbol not in self.wanted
        self.check_capacity()

    def check_open(self, one: OpenPage) -> None:
        assert one.symbol in self.wanted
        assert one.symbol not in self.held, "opened twice"
        assert one.symbol not in self.over, "tried again though it cannot help"
        assert self.now >= self.blocked_until, "opened though the host is left alone"
        self.held[one.symbol] = (one.worker, one.generation)
        loading = [
            ticker
            for ticker in self.it.tickers()
            if ticker.worker == one.worker and ticker.state is PageState.LOADING
        ]
        assert len(loading) <= MAX_OPENING
        self.browsers[one.worker].inbox.append(one)

    def check_capacity(self) -> None:
        for name in NAMES:
            assert sum(held[0] == name for held in self.held.values()) <= CAPACITY
        for ticker in self.it.tickers():
            assert (ticker.worker is not None) == (ticker.symbol in self.held)

    def calm_down(self) -> None:
        """Let every worker be up, every instruction arrive and every page come to life."""
        for index in range(len(NAMES)):
            if self.pick(index) is None:
                self.a_browser_starts(index)
        # Longer than the longest pause that a host was given.
        self.time_goes_on(3_600.0)
        for _ in range(120):
            self.time_goes_on(0.5)
            for browser in self.browsers.values():
                while browser.inbox:
                    self.obey(browser)
                for symbol, (generation, state) in list(browser.pages.items()):
                    if state is not PageState.LIVE:
                        browser.pages[symbol] = (generation, PageState.LIVE)
                        self.tell(browser.name, _report(symbol, generation, PageState.LIVE))
                self.beat(browser)

    def check_that_what_is_possible_runs(self) -> None:
        running = {s for browser in self.browsers.values() for s in browser.pages}
        assert running == set(self.held)
        possible = self.wanted - self.over
        assert running <= self.wanted
        assert running & self.over == set()
        assert len(running) == min(len(possible), CAPACITY * CEILING)
        for ticker in self.it.tickers():
            live = ticker.status.phase is Phase.LIVE
            assert live == (ticker.symbol in running)
            if ticker.symbol in self.over:
                assert ticker.status.phase in {Phase.INVALID, Phase.FAILED}


FAILURES = [
    ("crashed", True),
    ("crashed", True),
    ("blocked", True),
    ("not_found", False),
    ("symbol_error", False),
]
BOTH = (0, 1)
STEPS = [
    *[("want", tuple(SYMBOLS[:count])) for count in range(len(SYMBOLS) + 1)],
    *[("want", tuple(SYMBOLS[start:])) for start in (0, 1, 3)],
    *[("time_goes_on", seconds) for seconds in (0.1, 0.5, 1.0, 4.0, 10.0, 25.0)],
    *[("an_instruction_arrives", index) for index in BOTH] * 8,
    *[("an_instruction_is_lost", index) for index in BOTH],
    *[("a_page_speaks", index, state) for index in BOTH
      for state in (PageState.LIVE, PageState.LIVE, PageState.QUIET, PageState.STALE,
                    PageState.SUSPECT)],
    *[("a_page_fails", index, *failure) for index in BOTH for failure in FAILURES],
    *[("a_page_vanishes", index) for index in BOTH],
    *[("a_late_word", index) for index in (0, 1, 5, -1, -3)],
    *[("a_browser_beats", index) for index in BOTH] * 3,
    *[("a_browser_says_hello", index) for index in BOTH],
    *[("a_browser_starts", index) for index in BOTH],
    *[("a_browser_is_lost", index) for index in BOTH],
]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.booleans(), st.lists(st.sampled_from(STEPS), min_size=10, max_size=120))
def test_whatever_happens_nothing_runs_twice_and_in_the_end_all_that_can_run_runs(begun, steps):
    world = World()
    if begun:
        world.a_browser_starts(0)
        world.want(tuple(SYMBOLS[:4]))

    for name, *arguments in steps:
        getattr(world, name)(*arguments)
    world.calm_down()

    world.check_that_what_is_possible_runs()
