"""A page actor that fails as nobody foresaw."""

import asyncio

import pytest

from cryptostream.config.tradingview import TradingView
from cryptostream.sources.testing import RecordingOutlet
from cryptostream.sources.tradingview.page import PageActor
from cryptostream.wire.hop import PageState


class Broken:
    """A browser connection with a fault in it."""

    async def ask(self, *_args, **_more):
        raise RuntimeError("nobody foresaw this")

    send = ask


class Child:
    def ready(self) -> None:
        self.was_ready = True


async def test_a_fault_that_nobody_foresaw_is_told_like_any_other_failure():
    outlet = RecordingOutlet()
    page = PageActor(
        "BINANCE:BTCUSDT", 7, Broken(), "context", TradingView(), outlet, asyncio.Semaphore(1)
    )

    with pytest.raises(RuntimeError):
        await page.run(Child())

    failed = await outlet.state(PageState.FAILED, "internal")
    assert (failed.generation, failed.retriable) == (7, True)
    assert "nobody foresaw this" in failed.text
