"""What goes wrong at an exchange: said at once, with the reason, and waited for."""

import asyncio

import pytest
from ccxt.base.errors import AuthenticationError, NotSupported

from cryptostream.records import Tick
from cryptostream.wire.hop import PageState
from tests.sources.ccxt.conftest import BTC, ETH


async def live(source, outlet, *symbols):
    for number, symbol in enumerate(symbols, start=1):
        await source.open(symbol, number)
    for symbol in symbols:
        await outlet.take(Tick, lambda tick, symbol=symbol: tick.symbol == symbol)


@pytest.mark.parametrize(
    ("fault", "params", "codes"),
    [
        ("kraken_drop", {"how": "abort"}, {"connection_lost"}),
        ("kraken_drop", {"how": "close"}, {"connection_lost"}),
        # The library misses the answers to its pings, or we miss everything: who is first.
        ("kraken_half_open", {}, {"unreachable", "silent"}),
    ],
)
async def test_a_lost_connection_is_said_for_all_and_comes_back(
    sim, running, outlet, fault, params, codes
):
    async with running(silence=1.0) as source:
        await live(source, outlet, BTC, ETH)

        sim.faults.set(fault, **params)

        stale = [await outlet.state(PageState.STALE) for _ in range(2)]
        assert {report.symbol for report in stale} == {BTC, ETH}
        assert {report.code for report in stale} <= codes
        assert all("the next try is in" in report.text and report.simulated for report in stale)

        sim.faults.clear()
        for _ in range(2):
            await outlet.state(PageState.LIVE)
            await outlet.take(Tick)
        assert source.describe()["why"] == ""


async def test_json_that_ends_too_soon_is_silence_and_comes_back(sim, running, outlet):
    """The library stops reading at such a message, without a word."""
    async with running(silence=1.0) as source:
        await live(source, outlet, BTC)
        sim.faults.set("kraken_malformed")
        sim.market.push(BTC, last="1.5")
        await outlet.state(PageState.STALE)
        sim.faults.clear()
        await outlet.state(PageState.LIVE)


@pytest.mark.parametrize(
    ("fault", "params", "code", "retry_after"),
    [
        ("kraken_429", {"retry_after": 1}, "rate_limited", 1.0),
        ("kraken_403", {}, "blocked", None),
        ("kraken_451", {}, "blocked", None),
        ("kraken_503", {}, "unreachable", None),
        ("kraken_malformed", {}, "malformed", None),
        ("kraken_maintenance", {}, "unreachable", None),
    ],
)
async def test_an_exchange_that_refuses_from_the_start_is_said_and_waited_for(
    sim, running, outlet, fault, params, code, retry_after
):
    sim.faults.set(fault, **params)
    async with running() as source:
        await source.open(BTC, 1)
        stale = await outlet.state(PageState.STALE, code)
        assert (stale.retry_after, stale.generation) == (retry_after, 1)
        assert outlet.of(Tick) == []
        sim.faults.clear()
        await outlet.state(PageState.LIVE)


@pytest.mark.parametrize(
    ("fault", "params", "code", "retry_after"),
    [
        ("kraken_429", {"retry_after": 1}, "rate_limited", 1.0),
        ("kraken_451", {}, "blocked", None),
        ("kraken_503", {}, "unreachable", None),
    ],
)
async def test_a_handshake_that_is_refused_after_a_loss_is_said_too(
    sim, running, outlet, fault, params, code, retry_after
):
    async with running() as source:
        await live(source, outlet, BTC)
        sim.faults.set(fault, **params)
        sim.faults.set("kraken_drop")
        await outlet.state(PageState.STALE, "connection_lost")
        assert (await outlet.state(PageState.STALE, code)).retry_after == retry_after
        sim.faults.clear()
        await outlet.state(PageState.LIVE)


async def test_a_pause_that_is_asked_for_is_kept(sim, running, outlet):
    sim.faults.set("kraken_429", retry_after=1)
    loop = asyncio.get_running_loop()
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.STALE, "rate_limited")
        refused = loop.time()
        sim.faults.clear()
        await outlet.state(PageState.LIVE)
        assert loop.time() - refused >= 1.0


async def test_what_is_opened_during_a_pause_says_so(sim, running, outlet):
    sim.faults.set("kraken_429", retry_after=2)
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.STALE, "rate_limited")
        await source.open(ETH, 2)
        await outlet.state(PageState.STALE, "rate_limited", symbol=ETH)
        sim.faults.clear()
        await outlet.state(PageState.LIVE, symbol=ETH)


async def test_a_host_that_is_not_there_is_unreachable(running, outlet, free_port):
    async with running(urls=(f"kraken:api.public=http://127.0.0.1:{free_port}",)) as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.STALE, "unreachable")


async def test_an_address_that_has_no_place_is_said_for_good(running, outlet):
    async with running(urls=("kraken:api.nowhere=http://127.0.0.1:1",)) as source:
        await source.open(BTC, 1)
        failed = await outlet.state(PageState.FAILED, "bad_config")
        assert not failed.retriable
        assert "api.public" in failed.text


@pytest.mark.parametrize("error", [NotSupported("no stream"), AuthenticationError("no account")])
async def test_what_the_library_cannot_stream_is_polled(bazaar, running, outlet, error):
    bazaar.can = {"watchTickers": True, "fetchTickers": True}
    bazaar.refusal = error
    bazaar.watch_tickers = refuses
    async with running(exchanges=("BAZAAR=bazaar",), poll_period=0.05) as source:
        await source.open("BAZAAR:AAAUSD", 1)
        await outlet.state(PageState.LIVE)
        assert (await outlet.take(Tick)).method == "poll"
        assert source.describe()["failed"] == 1


async def refuses(self, _symbols):
    raise self.refusal
