"""The page actor: one page, one ticker, from navigation to the last tick.

It holds no policy about restarts: it fails loudly with a code and is replaced.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from loguru import logger

from cryptostream.errors import ProtocolError, SourceError
from cryptostream.sources.tradingview.scripts import BINDING, diet_script, observer_script
from cryptostream.sources.tradingview.selectors import page_url
from cryptostream.sources.tradingview.tab import Tab
from cryptostream.sources.tradingview.watch import Watch
from cryptostream.sources.tradingview.words import ErrorPage, Pulse, Value, decode_word
from cryptostream.symbols import plain_symbol
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from cryptostream.config.tradingview import TradingView
    from cryptostream.records import Tick
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.tradingview.engine import Engine
    from supervisors.child import Child

# How often the page's silence is looked at, in seconds.
LOOK = 0.25
# Addresses that only count visitors or show advertisements. A page works without them.
AD_PATTERNS = (
    "*doubleclick*",
    "*googlesyndication*",
    "*google-analytics*",
    "*googletagmanager*",
    "*adservice*",
    "*/ads/*",
    "*/analytics/*",
    "*/telemetry*",
    "*snowplow*",
    "*facebook.net*",
    "*hotjar*",
)
MEDIA_PATTERNS = ("*.mp4*", "*.webm*", "*.ogg*", "*.mp3*", "*.m3u8*")


class PageActor:
    """Runs in the loop of its browser process, as a supervised task."""

    def __init__(
        self,
        symbol: str,
        generation: int,
        engine: Engine,
        settings: TradingView,
        outlet: Outlet,
        opening: asyncio.Semaphore,
    ) -> None:
        self.symbol = symbol
        self.generation = generation
        self.engine = engine
        self.report = self._report_of(PageState.LOADING, "loading", "the page is loading")
        self._tab = Tab(engine.connection, engine.context, self.fail)
        self._settings = settings
        self._outlet = outlet
        self._opening = opening
        self.watch = Watch(symbol, settings, time.monotonic())
        self._first = asyncio.Event()
        self._failed: asyncio.Future[SourceError] | None = None

    async def run(self, child: Child) -> None:
        """Open the page, stream until asked to stop, close the page.

        Raises:
            SourceError: the page failed; the code says how, ``retriable`` whether to try again.

        """
        self._failed = asyncio.get_running_loop().create_future()
        child.ready()
        try:
            self._outlet.report(self.report)
            async with self._opening:
                await self._open(child)
            await self._stream(child)
            self._tell(PageState.CLOSED, "closed", "the page was closed")
        except SourceError as error:
            self._fail(error)
            raise
        except Exception as error:
            # Nobody foresaw it: the router is told all the same, and tries again.
            logger.exception("{}: a fault of the daemon", self.symbol)
            self._fail(SourceError(f"a fault of the daemon: {error!r}", code="internal"))
            raise
        finally:
            await self._tab.close()

    def follow(self, former: PageActor, first: list[Tick]) -> None:
        """Speak for the ticker in place of another page of it, which is not heard any more.

        The two change outlets. ``first`` is what that page has not said; what it knew of the
        symbol's rhythm is kept.
        """
        before, outlet = former.report, former._outlet
        self._outlet, former._outlet = outlet, self._outlet
        now = time.monotonic()
        self.watch.vigil.follow(former.watch.vigil, now, moved=bool(first))
        found = self.watch.finding(now)
        self.report = self._report_of(found.state, found.code, found.text)
        if (found.state, found.code) != (before.state, before.code):
            outlet.report(self.report)
        for tick in first:
            outlet.tick(tick)

    def fail(self, code: str, text: str, *, retriable: bool = True) -> None:
        """Let the page end with this code; the first one counts."""
        if self._failed is not None and not self._failed.done():
            self._failed.set_result(SourceError(text, code=code, retriable=retriable))

    # -- opening ------------------------------------------------------------------------

    async def _open(self, child: Child) -> None:
        settings = self._settings
        await self._tab.open(locale="en-US", timezone=settings.timezone)
        self._tab.on_binding(BINDING, self._on_binding)
        if settings.frames:
            self._tab.on_frame(self._on_frame)
        # The site knows nothing of the sources that a symbol may name.
        site_symbol = plain_symbol(self.symbol)
        scripts = (diet_script(settings), observer_script(site_symbol, settings))
        await self._tab.prepare(BINDING, scripts, _blocked(settings))
        address = page_url(settings.base_url, self.symbol)
        await self._tab.navigate(address, self.symbol, settings.load_timeout)
        await self._first_price(child)

    async def _first_price(self, child: Child) -> None:
        failed = self._failed
        if failed is None:
            raise SourceError("the page actor is not running", code="internal")
        first = asyncio.create_task(self._first.wait())
        stopping = asyncio.create_task(child.stopping.wait())
        waits: set[asyncio.Future[Any]] = {first, stopping, failed}
        try:
            await asyncio.wait(
                waits,
                timeout=self._settings.value_timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            first.cancel()
            stopping.cancel()
        if failed.done():
            raise failed.result()
        if not self._first.is_set() and not child.stopping.is_set():
            raise self._no_price()

    def _no_price(self) -> SourceError:
        seconds = f"{self._settings.value_timeout:.0f} s"
        if self.watch.shown:
            return SourceError(
                f"the page shows {self.watch.shown} instead of {self.symbol}", code="wrong_symbol"
            )
        if self.watch.quote.error:
            return SourceError(
                f"the page's quote server refuses {self.symbol}: {self.watch.quote.error}",
                code="symbol_error",
            )
        if self.watch.judge.unreadable:
            return SourceError(
                f"what the page shows is no price that we can read, for {seconds}",
                code="unreadable_price",
            )
        return SourceError(f"the page showed no price within {seconds}", code="no_price")

    # -- streaming ----------------------------------------------------------------------

    async def _stream(self, child: Child) -> None:
        failed = self._failed
        stopping = asyncio.create_task(child.stopping.wait())
        stale_since: float | None = None
        try:
            while failed is not None and not failed.done() and not stopping.done():
                waits: set[asyncio.Future[Any]] = {failed, stopping}
                await asyncio.wait(waits, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                stale_since = self._look(stale_since)
        finally:
            stopping.cancel()
        if failed is not None and failed.done():
            raise failed.result()

    def _look(self, stale_since: float | None) -> float | None:
        now = time.monotonic()
        found = self.watch.finding(now)
        if (found.state, found.code) != (self.report.state, self.report.code):
            self._tell(found.state, found.code, found.text)
        if found.state is not PageState.STALE:
            return None
        since = now if stale_since is None else stale_since
        if now - since > self._settings.reload_after:
            self.fail("stale", f"{found.text}; the page is opened anew")
        return since

    def _on_binding(self, text: str) -> None:
        now = time.monotonic()
        try:
            word = decode_word(text)
        except ProtocolError as error:
            logger.warning("{}: {}", self.symbol, error)
            return
        match word:
            case Value():
                self._publish(self.watch.value(word, now))
            case Pulse():
                self._publish(self.watch.pulse(word, now))
            case ErrorPage():
                retriable = word.kind != "not_found"
                text = f"an error page stands in the page's place: {word.text[:80]}"
                self.fail(word.kind, text, retriable=retriable)

    def _on_frame(self, text: str) -> None:
        self._publish(self.watch.frame(text, time.monotonic(), time.time_ns()))

    def _publish(self, tick: Tick | None) -> None:
        if tick is None:
            return
        if not self._first.is_set():
            self._first.set()
        # Coming back to life is said before the tick that proves it.
        if self.report.state is not PageState.LIVE:
            found = self.watch.finding(time.monotonic())
            if found.state is not self.report.state:
                self._tell(found.state, found.code, found.text)
        self._outlet.tick(tick)

    # -- what is said -------------------------------------------------------------------

    def _fail(self, error: SourceError) -> None:
        self.report = self._report_of(
            PageState.FAILED,
            error.code,
            error.line(),
            retriable=error.retriable,
            retry_after=error.retry_after,
        )
        self._outlet.report(self.report)

    def _tell(self, state: PageState, code: str, text: str) -> None:
        self.report = self._report_of(state, code, text)
        self._outlet.report(self.report)

    def _report_of(
        self,
        state: PageState,
        code: str,
        text: str,
        *,
        retriable: bool = True,
        retry_after: float | None = None,
    ) -> Report:
        watch = getattr(self, "watch", None)
        return Report(
            symbol=self.symbol,
            generation=self.generation,
            state=state,
            code=code,
            text=text,
            ts=time.time_ns(),
            retriable=retriable,
            retry_after=retry_after,
            simulated=bool(watch and watch.simulated),
        )


def _blocked(settings: TradingView) -> list[str]:
    """Return the patterns of addresses that a page on this diet does not load."""
    return [
        *(AD_PATTERNS if settings.block_ads else ()),
        *(MEDIA_PATTERNS if settings.block_media else ()),
    ]
