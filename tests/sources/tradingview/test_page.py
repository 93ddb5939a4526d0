"""A page actor between a browser that the test plays and its outlet."""

import asyncio
import json

import msgspec
import pytest

from cryptostream.config.tradingview import TradingView
from cryptostream.errors import SourceError
from cryptostream.sources.testing import RecordingOutlet
from cryptostream.sources.tradingview.page import PageActor
from cryptostream.sources.tradingview.scripts import BINDING, load_scripts
from cryptostream.wire.hop import PageState
from tests.local_market import until


class Broken:
    """A browser with a fault in its connection."""

    context = "context"
    number = 1

    def __init__(self) -> None:
        self.connection = self

    async def ask(self, *_args, **_more):
        raise RuntimeError("nobody foresaw this")

    send = ask


class Scripted:
    """A browser that answers everything, tells what the test says, and closes pages when it may."""

    context = "context"
    number = 1

    def __init__(self) -> None:
        self.connection = self
        self.gone = asyncio.Event()
        self.may_close = asyncio.Event()
        self.handlers = {}

    def on(self, event, handler, _session):
        self.handlers[event] = handler

    def forget(self, _session):
        self.handlers.clear()

    async def ask(self, kind, _method, *_args, **_more):
        return kind("id")

    async def send(self, method, *_args, **_more):
        if method == "Target.closeTarget":
            await self.may_close.wait()
        return msgspec.Raw(b"{}")

    def say(self, *word):
        """Let the page call its binding."""
        handler = self.handlers.get("Runtime.bindingCalled")
        if handler is not None:
            text = json.dumps({"name": BINDING, "payload": json.dumps(word)})
            handler(msgspec.Raw(text.encode()))


class Child:
    def __init__(self):
        self.stopping = asyncio.Event()

    def ready(self) -> None:
        self.was_ready = True


async def test_a_fault_that_nobody_foresaw_is_told_like_any_other_failure():
    outlet = RecordingOutlet()
    page = PageActor("BINANCE:BTCUSDT", 7, Broken(), TradingView(), outlet, asyncio.Semaphore(1))

    with pytest.raises(RuntimeError):
        await page.run(Child())

    failed = await outlet.state(PageState.FAILED, "internal")
    assert (failed.generation, failed.retriable) == (7, True)
    assert "nobody foresaw this" in failed.text


async def test_a_page_that_has_failed_is_not_brought_back_by_a_price_that_was_on_its_way():
    await asyncio.to_thread(load_scripts)
    outlet, browser = RecordingOutlet(), Scripted()
    settings = TradingView(stability_ms=0)
    page = PageActor("BINANCE:BTCUSDT", 7, browser, settings, outlet, asyncio.Semaphore(1))
    running = asyncio.create_task(page.run(Child()))
    await until(lambda: "Runtime.bindingCalled" in browser.handlers)
    browser.say("v", "100.00", 1.0, "header", [], 0)
    await outlet.state(PageState.LIVE)
    browser.say("e", "blocked", "a notice")
    await outlet.state(PageState.FAILED, "blocked")

    browser.say("v", "100.01", 2.0, "header", [], 0)

    assert page.report.state is PageState.FAILED
    browser.may_close.set()
    with pytest.raises(SourceError):
        await running
    assert page.report.state is PageState.FAILED
