"""The page actor: one page, one ticker, from navigation to the last tick.

It holds no policy about restarts: it fails loudly with a code and is replaced.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from loguru import logger
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from cryptostream.errors import ProtocolError, SourceError
from cryptostream.sources.tradingview.border import FIRST_ERROR, from_playwright, refused
from cryptostream.sources.tradingview.scripts import BINDING, observer_script
from cryptostream.sources.tradingview.selectors import page_url
from cryptostream.sources.tradingview.watch import Watch
from cryptostream.sources.tradingview.words import ErrorPage, Pulse, Value, decode_word
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

    from cryptostream.config.settings import TradingView
    from cryptostream.records import Tick
    from cryptostream.sources.base import Outlet
    from supervisors.child import Child

# How often the page's silence is looked at, in seconds.
LOOK = 0.25
# A page that does not close by itself within this time (s) is left to the browser's end.
CLOSE_WITHIN = 3.0
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
        context: BrowserContext,
        settings: TradingView,
        outlet: Outlet,
        opening: asyncio.Semaphore,
    ) -> None:
        self.symbol = symbol
        self.generation = generation
        self.report = self._report_of(PageState.LOADING, "loading", "the page is loading")
        self._context = context
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
        page: Page | None = None
        try:
            self._outlet.report(self.report)
            async with self._opening:
                page = await self._open(child)
            await self._stream(child)
            self._tell(PageState.CLOSED, "closed", "the page was closed")
        except SourceError as error:
            self._fail(error)
            raise
        except PlaywrightError as error:
            mapped = from_playwright(error, self.symbol)
            self._fail(mapped)
            raise mapped from error
        finally:
            await _close(page)

    # -- opening ------------------------------------------------------------------------

    async def _open(self, child: Child) -> Page:
        page = await self._context.new_page()
        try:
            await self._attach(page)
            await self._navigate(page)
            await self._first_price(child)
        except BaseException:
            await _close(page)
            raise
        return page

    async def _attach(self, page: Page) -> None:
        page.on("crash", lambda _page: self._break("crashed", "the page crashed"))
        page.on("close", lambda _page: self._closed())
        cdp = await self._context.new_cdp_session(page)
        cdp.on("Runtime.bindingCalled", self._on_binding)
        if self._settings.frames:
            cdp.on("Network.webSocketFrameReceived", self._on_frame)
        await asyncio.gather(
            cdp.send("Runtime.enable"),
            cdp.send("Runtime.addBinding", {"name": BINDING}),
            self._prepare_network(cdp),
            page.add_init_script(observer_script(self.symbol, self._settings)),
        )

    async def _prepare_network(self, cdp: CDPSession) -> None:
        blocked = [
            *(AD_PATTERNS if self._settings.block_ads else ()),
            *(MEDIA_PATTERNS if self._settings.block_media else ()),
        ]
        if blocked or self._settings.frames:
            # Bodies are never asked for: keep none.
            limits = {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}
            await cdp.send("Network.enable", limits)
        if blocked:
            await cdp.send("Network.setBlockedURLs", {"urls": blocked})

    async def _navigate(self, page: Page) -> None:
        address = page_url(self._settings.base_url, self.symbol)
        timeout = self._settings.load_timeout * 1000
        try:
            response = await page.goto(address, wait_until="commit", timeout=timeout)
        except PlaywrightTimeoutError as error:
            raise SourceError(
                f"the page did not answer within {self._settings.load_timeout:.0f} s",
                code="load_timeout",
            ) from error
        if response is not None and response.status >= FIRST_ERROR:
            raise await refused(response, self.symbol)

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
            self._break("stale", f"{found.text}; the page is opened anew")
        return since

    def _on_binding(self, event: dict[str, Any]) -> None:
        if event.get("name") != BINDING:
            return
        now = time.monotonic()
        try:
            word = decode_word(event["payload"])
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
                self._break(word.kind, text, retriable=retriable)

    def _on_frame(self, event: dict[str, Any]) -> None:
        payload = event.get("response", {}).get("payloadData", "")
        tick = self.watch.frame(payload, time.monotonic(), time.time_ns())
        self._publish(tick)

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

    def _break(self, code: str, text: str, *, retriable: bool = True) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_result(SourceError(text, code=code, retriable=retriable))

    def _closed(self) -> None:
        browser = self._context.browser
        if browser is not None and not browser.is_connected():
            self._break("browser_gone", "the browser is gone; the page is opened again")
        else:
            self._break("page_closed", "the page was closed")

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


async def _close(page: Page | None) -> None:
    if page is None or page.is_closed():
        return
    try:
        await asyncio.wait_for(page.close(), CLOSE_WITHIN)
    except (PlaywrightError, TimeoutError) as error:
        # Its browser is going or gone: the page ends with it.
        logger.debug("a page did not close by itself: {}", error)
