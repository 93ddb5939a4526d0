"""The source on the simulated market: values, subscriptions, and what it says of them."""

import asyncio
from decimal import Decimal

import pytest

from cryptostream.config.binance import Binance
from cryptostream.config.settings import Config
from cryptostream.errors import ConfigError
from cryptostream.sources.binance.kind import KIND
from cryptostream.sources.binance.source import BinanceSource, kinds_of
from tests.sources.binance.recording import DEADLINE_S, Recorder

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
ONLY = "BINANCE:BTCUSDT@binance"


# -- values -------------------------------------------------------------------------------


async def test_the_first_value_comes_by_rest_and_the_next_by_stream(sim, run):
    running = run(sim)
    await running.open(BTC)
    first = await running.out.first_tick(symbol=BTC)
    assert (first.method, str(first.last), first.simulated) == ("poll", "67123.45", True)
    assert first.bid < first.last < first.ask
    assert None not in (first.change, first.change_percent, first.volume, first.ts_source)
    live = await running.out.state("live", symbol=BTC)
    assert (live.generation, live.simulated) == (1, True)
    sim.market.push(BTC, last="67124.01", quantity="0.25")
    trade = await running.out.first_trade(symbol=BTC)
    assert (str(trade.price), str(trade.quantity), trade.side) == ("67124.01", "0.250000", "buy")
    assert trade.trade_id == str(sim.market.quote(BTC).number)
    tick = await running.out.first_tick(method="stream", last=trade.price)
    assert tick.simulated
    sim.market.push(BTC, bid="67124.00", ask="67124.02")
    assert (await running.out.first_tick(bid=Decimal("67124.00"))).last == tick.last
    assert running.out.flushed > 0


async def test_trades_are_those_of_the_market(lively, run):
    running = run(lively)
    done = {}
    lively.market.watch(BTC, lambda change: done.update({change.quote.number: change.quote}))
    await running.live(BTC)
    while len(running.out.trades()) < 300:
        await running.out.first_trade(since=running.out.mark())
    trades = running.out.trades()
    ids = [int(trade.trade_id) for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    for trade in trades:
        quote = done[int(trade.trade_id)]
        assert (trade.price * 100, trade.quantity * 10**6) == (quote.last, quote.quantity)
        assert trade.side == ("sell" if quote.buyer_is_maker else "buy")
        assert trade.ts_source == quote.time_ms * 1_000_000
    assert (running.count("gaps"), running.count("duplicates")) == (0, 0)


async def test_two_symbols_of_a_ticker_are_one_subscription(sim, run, server_shows):
    running = run(sim)
    await running.live(BTC)
    await running.live(ONLY)
    assert await running.out.first_tick(symbol=ONLY)
    await server_shows(sim, streams=3)
    mark = running.out.mark()
    sim.market.push(BTC, last="67124.01")
    for symbol in (BTC, ONLY):
        assert (await running.out.first_trade(mark, symbol=symbol)).price
        assert (await running.out.first_tick(mark, symbol=symbol)).last
    await running.close(BTC)
    mark = running.out.mark()
    sim.market.push(BTC, last="67124.02")
    assert (await running.out.first_trade(mark)).symbol == ONLY
    await server_shows(sim, streams=3)


async def test_streams_can_be_switched_off(sim, run, server_shows):
    running = run(sim, trades=False, book=False, day="miniTicker")
    await running.live(BTC)
    await server_shows(sim, streams=1)
    sim.market.push(BTC, last="67200.00")
    tick = await running.out.first_tick(method="stream", last=67200)
    assert tick.change == tick.last - Decimal(sim.market.quote(BTC).open) / 100
    assert running.out.trades() == []


# -- coming and going ---------------------------------------------------------------------


async def test_tickers_come_and_go_while_it_runs(sim, run, server_shows):
    running = run(sim)
    await running.live(BTC)
    await running.live(ETH)
    await server_shows(sim, streams=6)
    await running.close(BTC)
    assert running.out.reports(BTC)[-1] == ("closed", "closed")
    await server_shows(sim, streams=3)
    mark = running.out.mark()
    sim.market.push(BTC, last="67124.01")
    sim.market.push(ETH, last="3456.00")
    await running.out.first_trade(mark, symbol=ETH)
    assert all(getattr(item, "symbol", ETH) == ETH for item in running.out.seen[mark:])
    await running.live(BTC)
    assert [report.symbol for report in running.source.reports()] == [ETH, BTC]
    assert running.count("connections") == 1


async def test_a_late_close_of_an_old_generation_changes_nothing(sim, run):
    running = run(sim)
    await running.live(BTC)
    await running.open(BTC)
    again = await running.out.until(lambda item: getattr(item, "generation", 0) == 2)
    assert again.state == "loading"
    await running.out.until(
        lambda item: getattr(item, "generation", 0) == 2 and item.state == "live"
    )
    await running.source.close(BTC, 1)
    await running.source.close("BINANCE:NOPE", 1)
    assert [report.generation for report in running.source.reports()] == [2]


async def test_an_unknown_symbol_is_over_and_its_neighbours_go_on(sim, run):
    running = run(sim)
    await running.open(BTC, "BINANCE:NOPEUSDT", ETH)
    report = await running.out.state("failed", symbol="BINANCE:NOPEUSDT")
    assert (report.code, report.retriable) == ("unknown_symbol", False)
    await running.out.state("live", symbol=BTC)
    await running.out.state("live", symbol=ETH)
    assert len(running.source.reports()) == 2


@pytest.mark.parametrize("symbol", ["BINANCE:LUNCUSDT", ETH])
async def test_a_symbol_that_does_not_trade_is_halted(sim, run, symbol):
    sim.faults.set("binance_halted", ETH)
    running = run(sim)
    await running.open(symbol)
    report = await running.out.state("failed", symbol=symbol)
    assert (report.code, report.retriable, report.retry_after) == ("halted", True, 30.0)
    assert ("HALT" in report.text) or ("BREAK" in report.text)


async def test_tickers_are_spread_over_connections_within_the_limit(sim, run, server_shows):
    running = run(sim, streams_per_connection=30)
    symbols = [s for s in sim.market._quotes if s.startswith("BINANCE:") and "LUNC" not in s][:45]
    await running.live(*symbols)
    await server_shows(sim, streams=135)
    assert running.count("connections") == 5


# -- the end ------------------------------------------------------------------------------


async def test_all_connections_are_closed_at_the_end(sim, run, server_shows):
    running = run(sim)
    await running.live(BTC)
    await running.stop()
    await server_shows(sim, connections=0)
    assert running.task.cancelled()


async def test_a_fault_of_the_program_ends_the_source_loudly(sim, run):
    running = run(sim)
    await running.live(BTC)
    running.out.fails = True
    sim.market.push(BTC, last="67124.01")
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(DEADLINE_S):
            await running.task
    assert caught.group_contains(ZeroDivisionError)
    running.task = asyncio.create_task(asyncio.sleep(0))


# -- settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, ("trade", "bookTicker", "ticker")),
        ({"book": False}, ("trade", "ticker")),
        ({"trades": False, "day": "miniTicker"}, ("bookTicker", "miniTicker")),
    ],
)
def test_the_settings_choose_the_streams(changes, kinds):
    assert kinds_of(Binance(**changes)) == kinds


@pytest.mark.parametrize("changes", [{"day": "off"}, {"day": "off", "book": False}])
def test_streams_without_a_last_price_are_refused(changes):
    with pytest.raises(ConfigError) as caught:
        kinds_of(Binance(trades=False, **changes))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("symbol", "settings", "venue"),
    [
        (BTC, {}, "BINANCE"),
        (ONLY, {}, "BINANCE"),
        ("BINANCE:BTCUSDT.P", {}, None),
        ("KRAKEN:ETHEUR", {}, None),
        (BTC, {"enabled": False}, None),
        ("BINANCEUS:BTCUSD", {"exchange": "BINANCEUS"}, "BINANCEUS"),
        (BTC, {"exchange": "BINANCEUS"}, None),
    ],
)
def test_the_venue_is_the_exchange_of_the_settings(symbol, settings, venue):
    config = Config.from_dict({"sources": {"binance": settings}})
    assert KIND.venue(symbol, config) == venue


async def test_the_kind_builds_the_source():
    built = KIND.load()(Config(), Recorder())
    assert isinstance(built, BinanceSource)
    assert (built.name, built.reports()) == ("binance", [])
    assert built.describe()["host"] == "wss://stream.binance.com:9443"
