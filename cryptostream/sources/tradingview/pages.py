"""The pages of a browser process: opened, closed, and moved to a fresh browser without a gap."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.sources.tradingview.handover import WELL, may_speak, missed
from cryptostream.sources.tradingview.page import PageActor
from cryptostream.sources.tradingview.recycling import pause_after
from cryptostream.sources.tradingview.watch import SOURCE
from cryptostream.wire.hop import PageState
from supervisors.errors import StartFailed
from supervisors.spec import ChildSpec, Intensity, Kind, Restart, Shutdown, SupervisorSpec
from supervisors.supervisor import Supervisor

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.records import Tick, TickText, Trade, TradeText
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.tradingview.engine import Engine
    from cryptostream.wire.hop import Report

# How often pages that are still loading are looked at while the others have moved (s).
_LOOK = 0.5
# What a page that stands by keeps of its own ticks: more than two pages ever lie apart.
_HEARD = 256


class StandBy:
    """The outlet of a page that is not heard, yet or any more; an :class:`Outlet`."""

    def __init__(self) -> None:
        self.heard: deque[Tick] = deque(maxlen=_HEARD)
        self.news = asyncio.Event()
        self._since = 0.0  # when the first tick came

    def speaks_for(self, now: float) -> float:
        """Return since how long (s) the page has had a price; 0 while it has none."""
        return now - self._since if self.heard else 0.0

    def tick(self, record: Tick | TickText) -> None:
        """Keep a tick for the moment when the page takes over."""
        if not self.heard:
            self._since = time.monotonic()
        self.heard.append(record)  # type: ignore[arg-type]  # a page makes no texts
        self.news.set()

    def trade(self, record: Trade | TradeText) -> None:
        """Pages have no trades."""

    def report(self, _report: Report) -> None:
        """Wake who waits for the page."""
        self.news.set()

    def hold(self) -> None:
        """Nothing is sent."""

    def flush(self) -> None:
        """Nothing is sent."""


class BrowserSource:
    """Runs tickers as pages of a browser; a :class:`~cryptostream.sources.base.Source`."""

    name = SOURCE

    def __init__(self, config: Config, engine: Engine, outlet: Outlet) -> None:
        self._settings = config.sources.tradingview
        self._outlet = outlet
        self._opening = asyncio.Semaphore(config.reconciler.max_opening)
        self._pages: dict[str, PageActor] = {}
        self._moving: StandBy | None = None
        self._open_in(engine)
        self.moves = 0
        self._supervisor = Supervisor(
            SupervisorSpec(
                name="pages",
                children=(),
                # A page that fails is reported and over: the router decides what comes next.
                intensity=Intensity(restarts=1_000_000, within=1.0),
            )
        )

    async def start(self) -> None:
        """Begin to supervise pages."""
        await self._supervisor.start()

    async def stop(self) -> None:
        """Close all pages."""
        await self._supervisor.stop("the browser ends")

    # -- a source -----------------------------------------------------------------------

    async def open(self, symbol: str, generation: int) -> None:
        """Open the page of a symbol, in place of an older one."""
        former = self._pages.get(symbol)
        if former is not None and former.generation >= generation:
            return
        if former is not None:
            await self._end(former)
        page = self._page(symbol, generation, self._outlet)
        self._pages[symbol] = page
        await self._run(page)
        if self._pages.get(symbol) is not page:
            await self._end(page)  # it was closed before its task had begun

    async def close(self, symbol: str, generation: int) -> None:
        """Close the page of a symbol if it still has this generation."""
        page = self._pages.get(symbol)
        if page is not None and page.generation == generation:
            await self._end(page)

    def reports(self) -> list[Report]:
        """Return the present state of all pages."""
        return [page.report for page in self._pages.values()]

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        pages = self._pages.values()
        return {
            "pages": len(self._pages),
            "readings": sum(page.watch.readings for page in pages),
            "unreadable": sum(page.watch.judge.unreadable for page in pages),
            "implausible": sum(page.watch.judge.implausible for page in pages),
            "browser": self._engine.number,
            "moves": self.moves,
        }

    # -- from one browser to another ----------------------------------------------------

    async def move_to(self, engine: Engine) -> None:
        """Open what is new in this browser, and all that is open too; return when it has all.

        One page after the other: each is opened a second time, and the old one is closed when
        the fresh one has taken over. A page that cannot be had there stays where it is and is
        tried again, with growing pauses.
        """
        self._open_in(engine)
        failures = 0
        while left := [page for page in self._pages.values() if self._is_left(page)]:
            ready = [page for page in left if page.report.state is not PageState.LOADING]
            for page in ready:
                # Those before it took their time: it may have been closed meanwhile.
                asked = await self._move(page) if self._is_open(page) else None
                failures = 0 if asked is None else failures + 1
                if asked is not None:
                    await asyncio.sleep(pause_after(failures, asked))
            if not ready:
                await asyncio.sleep(_LOOK)

    def lost(self, engine: Engine, instead: Engine) -> None:
        """Let the pages of a browser fail that is gone; the other one serves."""
        self._open_in(instead)
        for page in self._pages.values():
            if page.engine is engine:
                page.fail("browser_gone", "the browser is gone")

    async def _move(self, former: PageActor) -> float | None:
        """Let a page of the present browser follow one of another.

        Return ``None`` when it does, else for how long (s) the site wants to be left alone.
        """
        standing_by = self._moving = StandBy()
        page = self._page(former.symbol, former.generation, standing_by)
        await self._run(page)
        try:
            problem = await self._take_over(former, page, standing_by)
        finally:
            self._moving = None
            await self._end(former if self._pages.get(page.symbol) is page else page)
        if problem:
            logger.warning("{} stays in its old browser: {}", page.symbol, problem)
            return page.report.retry_after or 0.0
        return None

    async def _take_over(self, former: PageActor, page: PageActor, by: StandBy) -> str:
        """Return what was in the way; empty when it follows, or when there is nothing to follow."""
        started = time.monotonic()
        within = self._settings.load_timeout + self._settings.value_timeout
        while self._is_open(former):
            now = time.monotonic()
            if page.report.state is PageState.FAILED:
                return page.report.text
            if now - started >= within:
                return f"the fresh page does not show the same within {within:.0f} s"
            first = self._first(former, page, by, now)
            if first is not None:
                self._pages[page.symbol] = page
                page.follow(former, first)
                self.moves += 1
                return ""
            by.news.clear()
            with contextlib.suppress(TimeoutError):  # time alone may decide
                async with asyncio.timeout(_LOOK):
                    await by.news.wait()
        return ""

    def _first(
        self, former: PageActor, page: PageActor, by: StandBy, now: float
    ) -> list[Tick] | None:
        states = [(one.report.state, one.report.code) for one in (former, page)]
        if not may_speak(*states):
            return None
        reliable = former.watch.last_tick if former.report.state in WELL else None
        jump = Decimal(str(self._settings.max_jump_percent)) / 100
        return missed(reliable, list(by.heard), jump, by.speaks_for(now))

    # -- inside -------------------------------------------------------------------------

    def _open_in(self, engine: Engine) -> None:
        self._engine = engine
        engine.connection.before_pass = self._outlet.hold
        engine.connection.after_pass = self._outlet.flush

    def _page(self, symbol: str, generation: int, outlet: Outlet) -> PageActor:
        return PageActor(symbol, generation, self._engine, self._settings, outlet, self._opening)

    async def _run(self, page: PageActor) -> None:
        spec = ChildSpec(
            name=_child_name(page),
            kind=Kind.TASK,
            target=page.run,
            restart=Restart.TEMPORARY,
            heartbeat=None,
            shutdown=Shutdown(ask=3.0, terminate=1.0, kill=1.0),
        )
        try:
            await self._supervisor.start_child(spec)
        except StartFailed as error:
            logger.debug("{} failed at once: {}", page.symbol, error)

    def _is_open(self, page: PageActor) -> bool:
        ended = page.report.state in (PageState.FAILED, PageState.CLOSED)
        return self._pages.get(page.symbol) is page and not ended

    def _is_left(self, page: PageActor) -> bool:
        return page.engine is not self._engine and self._is_open(page)

    async def _end(self, page: PageActor) -> None:
        if self._pages.get(page.symbol) is page:
            del self._pages[page.symbol]
            if self._moving is not None:
                self._moving.news.set()
        if any(child.name.endswith(_child_name(page)) for child in self._supervisor.children()):
            await self._supervisor.stop_child(_child_name(page))


def _child_name(page: PageActor) -> str:
    return f"{page.symbol.replace(':', '-')}-{page.generation}-{page.engine.number}"
