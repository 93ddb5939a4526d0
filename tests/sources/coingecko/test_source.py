"""The source against the replica: first values, every refusal, and the way back."""

import asyncio
import contextlib
from decimal import Decimal

import pytest

from cryptostream.config.coingecko import CoinGecko
from cryptostream.records import Tick
from cryptostream.sim.coingecko_routes import FREE, PRO
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.coingecko.keys import VARIABLE
from cryptostream.sources.coingecko.source import CoinGeckoSource
from cryptostream.sources.testing import DEADLINE, RecordingOutlet
from cryptostream.wire.hop import PageState

BTC, PEPE, KRAKEN = "BINANCE:BTCUSDT", "BINANCE:PEPEUSDT", "KRAKEN:BTCUSD"
# CoinGecko's minute is so many seconds here.
PERIOD = 0.1
CACHED = PERIOD / 60 / 2


@pytest.fixture
async def sim():
    settings = SimSettings(port=0, market="manual", heavy=False, period_scale=CACHED)
    async with SimServer(settings) as server:
        server.market.push(BTC, last="67123.45")
        server.market.push(PEPE, last="0.00001234")
        yield server


@pytest.fixture
def outlet():
    return RecordingOutlet()


@pytest.fixture
def running(sim, outlet, tmp_path):
    """Return a context manager that runs a source with the given settings."""

    @contextlib.asynccontextmanager
    async def run(environ=None, **settings):
        chosen = {"base_url": sim.url + FREE, "pro_base_url": sim.url + PRO, "period": PERIOD}
        settings = CoinGecko(**(chosen | settings))
        source = CoinGeckoSource(settings, outlet, environ=environ or {}, place=tmp_path)
        before = asyncio.all_tasks()
        task = asyncio.create_task(source.run())
        try:
            yield source
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            more = asyncio.all_tasks() - before
            assert not [each for each in more if "CoinGecko" in repr(each)]

    return run


def of(symbol):
    return lambda item: item.symbol == symbol


async def test_the_first_value_is_live_exact_and_prompt(running, outlet):
    async with running(period=30.0) as source:
        await source.open(BTC, 1)
        await source.open(PEPE, 2)
        await outlet.state(PageState.LIVE, symbol=BTC)
        tick = await outlet.take(Tick, of(BTC))
        assert (tick.last, tick.venue, tick.currency) == (Decimal("67123.45"), "COINGECKO", "USD")
        assert (tick.method, tick.timeliness, tick.simulated) == ("poll", "snapshot", True)
        assert tick.ts_source is not None
        assert (await outlet.take(Tick, of(PEPE))).last == Decimal("0.00001234")
        assert source.describe()["calls"] == 1
        assert {report.state for report in source.reports()} == {PageState.LIVE}


async def test_a_second_ticker_of_the_same_coin_costs_no_call(running, outlet):
    async with running(period=30.0) as source:
        await source.open(BTC, 1)
        await outlet.take(Tick, of(BTC))
        await source.open(KRAKEN, 2)
        assert (await outlet.take(Tick, of(KRAKEN))).currency is None
        assert source.describe()["calls"] == 1


async def test_values_go_on(sim, running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        for price in ("67123.45", "67124.01", "67000.00"):
            sim.market.push(BTC, last=price)
            await outlet.take(Tick, lambda tick, price=price: tick.last == Decimal(price))


async def test_a_ticker_that_is_closed_is_silent_and_costs_nothing(running, outlet):
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.take(Tick)
        await source.close(BTC, 7)
        assert len(source.reports()) == 1
        await source.close(BTC, 1)
        await outlet.state(PageState.CLOSED)
        assert source.reports() == []
        assert source.describe()["next_in"] is None


@pytest.mark.parametrize(
    ("fault", "params", "code", "retry_after"),
    [
        ("coingecko_429", {"retry_after": 0}, "rate_limited", 0.0),
        ("coingecko_429", {"retry_after": 1}, "rate_limited", 1.0),
        ("coingecko_body_429", {}, "rate_limited", None),
        ("coingecko_error", {"shape": "text", "status": 400}, "http_error", None),
        ("coingecko_error", {"shape": "status", "status": 500}, "http_error", None),
        ("coingecko_error", {"shape": "nested", "status": 503}, "http_error", None),
        ("coingecko_401", {}, "unauthorized", None),
        ("coingecko_503", {}, "http_error", None),
        ("coingecko_html", {}, "blocked", None),
        ("coingecko_malformed", {}, "malformed", None),
        ("coingecko_slow", {"seconds": 0.5}, "unreachable", None),
        ("coingecko_null", {}, "no_value", None),
    ],
)
async def test_a_failing_poll_is_said_and_the_way_back_too(
    sim, running, outlet, fault, params, code, retry_after
):
    async with running(timeout=0.25) as source:
        await source.open(BTC, 1)
        await source.open(PEPE, 1)
        await outlet.take(Tick, of(PEPE))

        sim.faults.set(fault, **params)

        stale = [await outlet.state(PageState.STALE, code, symbol=s) for s in (BTC, PEPE)]
        assert {report.retry_after for report in stale} == {retry_after}
        assert all(report.simulated for report in stale)

        sim.faults.clear()

        for symbol in (BTC, PEPE):
            await outlet.state(PageState.LIVE, symbol=symbol)
            await outlet.take(Tick, of(symbol))


async def test_a_service_that_fails_from_the_start_is_said_and_waited_for(sim, running, outlet):
    sim.faults.set("coingecko_503")
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.LOADING)
        for _ in range(3):
            await outlet.state(PageState.STALE, "http_error")
        assert source.describe()["why"]
        sim.faults.clear()
        await outlet.state(PageState.LIVE)
        await outlet.take(Tick)


async def test_a_value_that_stands_still_is_quiet_then_stale(sim, running, outlet):
    async with running(stale_after=2.0) as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.LIVE)
        sim.faults.set("coingecko_old")
        await outlet.state(PageState.QUIET, "quiet")
        await outlet.state(PageState.STALE, "old_value")
        sim.faults.clear()
        await outlet.state(PageState.LIVE)


async def test_numbers_in_exponent_form_are_exact(sim, running, outlet):
    sim.faults.set("coingecko_exponent")
    async with running() as source:
        await source.open(BTC, 1)
        assert (await outlet.take(Tick)).last == Decimal("67123.45")


async def test_an_absent_coin_is_unknown_for_good(sim, running, outlet):
    sim.faults.set("coingecko_absent", BTC)
    async with running() as source:
        await source.open(BTC, 3)
        await source.open(PEPE, 4)
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert (failed.symbol, failed.generation, failed.retriable) == (BTC, 3, False)
        assert failed.simulated
        await outlet.take(Tick, of(PEPE))


# -- coins that the settings do not name ------------------------------------------------


async def test_other_coins_are_looked_up_and_the_list_is_kept(running, outlet):
    async with running(ids=()) as source:
        await source.open("BINANCE:SOLUSDT", 1)
        assert (await outlet.take(Tick)).last > 0
        await source.open(BTC, 2)
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert "2 coins" in failed.text
        assert "BTC=bitcoin" in failed.text
    async with running(ids=(), period=30.0) as again:
        await again.open("BINANCE:SOLUSDT", 1)
        await outlet.take(Tick)
        assert again.describe()["calls"] == 1


@pytest.mark.parametrize("symbol", ["BINANCE:NOSUCHUSDT", "BINANCE:BTCUSDT.P", "NASDAQ:AAPL"])
async def test_what_there_is_no_coin_for_is_unknown(running, outlet, symbol):
    async with running() as source:
        await source.open(symbol, 9)
        failed = await outlet.state(PageState.FAILED, "unknown_symbol")
        assert (failed.generation, failed.retriable) == (9, False)


async def test_nothing_is_looked_up_when_that_is_switched_off(running, outlet):
    async with running(ids=(), list_lookup=False) as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.FAILED, "unknown_symbol")
        assert source.describe()["calls"] == 0


async def test_a_list_that_cannot_be_had_is_said_and_asked_for_again(sim, running, outlet):
    sim.faults.set("coingecko_html")
    async with running(ids=()) as source:
        await source.open("BINANCE:SOLUSDT", 1)
        await outlet.state(PageState.STALE, "blocked")
        sim.faults.clear()
        await outlet.state(PageState.LIVE)


# -- keys -------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", ["demo", "pro"])
async def test_a_key_opens_the_host_of_its_plan(running, outlet, plan):
    async with running({VARIABLE: "CG-secret"}, plan=plan) as source:
        await source.open(BTC, 1)
        await outlet.take(Tick)


@pytest.mark.parametrize(("plan", "key"), [("pro", ""), ("demo", ""), ("demo", "wrong")])
async def test_a_key_that_is_missing_or_wrong_is_said(running, outlet, plan, key):
    async with running({VARIABLE: key}, plan=plan) as source:
        await source.open(BTC, 1)
        stale = await outlet.state(PageState.STALE, "unauthorized")
        assert "COINGECKO_API_KEY" in stale.text
        assert "wrong" not in stale.text.replace("a wrong one", "")


async def test_the_key_file_may_come_later(running, outlet, tmp_path):
    file = tmp_path / "key"
    async with running(plan="pro", key_file=str(file)) as source:
        await source.open(BTC, 1)
        await outlet.state(PageState.STALE, "unauthorized")
        file.write_text("CG-secret\n")
        await outlet.state(PageState.LIVE)


async def test_it_ends_in_the_middle_of_a_call(running, outlet):
    """A host that takes the connection and never answers holds nobody up."""
    asked, left = asyncio.Event(), asyncio.Event()

    async def silent(reader, writer):
        await reader.readline()
        asked.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, asyncio.timeout(DEADLINE):
        async with running(base_url=url) as source:
            await source.open(BTC, 1)
            await asked.wait()
        await left.wait()
        await outlet.state(PageState.LOADING)
