"""Connections that end, hang, are refused or replaced: what the source does and says."""

import asyncio

import pytest

from cryptostream.records import Tick, Trade
from cryptostream.wire.hop import PageState, Report
from tests.sources.binance.conftest import market

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


async def enough_trades(running, count, symbol=BTC):
    while len(running.out.trades(symbol)) < count:
        await running.out.first_trade(since=running.out.mark())


def trade_ids(running, symbol=BTC):
    return [int(trade.trade_id) for trade in running.out.trades(symbol)]


# -- lost and dead ------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_lost_connection_is_told_at_once_and_mended(sim, run, how):
    running = run(sim)
    await running.live(BTC, ETH)
    mark = running.out.mark()
    sim.faults.set("binance_drop", BTC, how=how)
    for symbol in (BTC, ETH):
        report = await running.out.state("stale", "reconnecting", symbol, since=mark)
        assert report.retriable
    for symbol in (BTC, ETH):
        await running.out.state("live", symbol=symbol, since=mark)
    sim.market.push(BTC, last="67124.01")
    await running.out.first_trade(mark, symbol=BTC)
    assert running.out.reports(BTC)[-2:] == [("stale", "reconnecting"), ("live", "ok")]
    assert running.count("attempts") == 2


async def test_after_a_loss_it_is_live_only_with_a_fresh_value(sim, run, server_shows):
    running = run(sim)
    await running.live(BTC)
    sim.faults.set("binance_rest_500")
    mark = running.out.mark()
    sim.faults.set("binance_drop")
    await running.out.state("stale", since=mark)
    await server_shows(sim, attempts=2, streams=3)
    await running.out.state("live", since=mark)
    stale, live, value, *_ = running.out.seen[mark:]
    assert [stale.state, live.state] == ["stale", "live"]
    assert (value.method, value.ts_observed > stale.ts) == ("stream", True)


async def test_what_was_missed_while_away_is_told(sim, run):
    running = run(sim)
    await running.live(BTC)
    sim.market.push(BTC, last="67124.01")
    await running.out.first_trade()
    sim.faults.set("binance_refuse", status=503)
    sim.faults.set("binance_drop")
    await running.out.state("stale")
    for cent in range(3):
        sim.market.push(BTC, last=f"67125.0{cent}")
    mark = running.out.mark()
    sim.faults.clear()
    await running.out.state("live", since=mark)
    sim.market.push(BTC, last="67126.00")
    doubt = await running.out.state("suspect", "trade_gap", since=mark)
    assert "3" in doubt.text
    await running.out.state("live", since=running.out.seen.index(doubt))
    assert running.count("lost") == 3


async def test_a_connection_that_says_nothing_is_asked_and_given_up(sim, run):
    running = run(sim, silence=0.4)
    await running.live(BTC)
    mark = running.out.mark()
    sim.faults.set("binance_half_open")
    stale = await running.out.state("stale", "reconnecting", since=mark)
    assert "nothing came" in stale.text
    sim.faults.clear()
    await running.out.state("live", since=mark)


async def test_a_quiet_connection_that_answers_is_well(sim, run):
    running = run(sim, silence=0.2, quiet_after=0.6, day="off")
    await running.live(BTC)
    quiet = await running.out.state("quiet", "quiet")
    assert "well" in quiet.text
    assert running.count("attempts") == 1
    sim.market.push(BTC, last="67124.01")
    await running.out.state("live", since=running.out.seen.index(quiet))


async def test_pings_of_the_server_are_answered(run):
    async with market(period_scale=0.01, market="random", rate=50.0) as quick:
        running = run(quick)
        await running.live(BTC)
        # The server asks each 0.2 s and cuts whoever does not answer within 0.6 s.
        await enough_trades(running, 100)
        assert running.count("attempts") == 1


# -- make before break --------------------------------------------------------------------


async def test_a_shutdown_is_survived_without_a_hole(lively, run):
    running = run(lively)
    await running.live(BTC)
    await enough_trades(running, 50)
    lively.faults.set("binance_shutdown", seconds=1.0)
    while running.count("attempts") < 2 or running.count("connections") == 2:
        await running.out.first_trade(since=running.out.mark())
    await enough_trades(running, len(running.out.trades()) + 200)
    ids = trade_ids(running)
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert running.out.reports(BTC) == [("loading", "loading"), ("live", "ok")]
    assert running.count("gaps") == 0


async def test_connections_are_replaced_again_and_again_without_a_hole(lively, run):
    running = run(lively, reconnect_after=0.5, overlap=0.2)
    await running.live(BTC, ETH)
    while running.count("attempts") < 4:
        await running.out.first_trade(since=running.out.mark())
    for symbol in (BTC, ETH):
        ids = trade_ids(running, symbol)
        assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert {state for state, _ in running.out.reports()} == {"loading", "live"}
    assert running.count("duplicates") > 0


async def test_the_end_of_a_day_without_a_warning_is_a_loss_that_is_mended(sim, run):
    running = run(sim)
    await running.live(BTC)
    mark = running.out.mark()
    sim.faults.set("binance_day_end")
    stale = await running.out.state("stale", "reconnecting", since=mark)
    assert "24 hours" in stale.text
    await running.out.state("live", since=mark)


# -- refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (418, "banned")])
async def test_a_pause_that_is_asked_for_is_kept(sim, run, server_shows, status, code):
    sim.faults.set("binance_refuse", status=status, retry_after=1)
    running = run(sim)
    began = asyncio.get_running_loop().time()
    await running.open(BTC)
    report = await running.out.state("loading", code)
    assert 0.5 < report.retry_after <= 1.0
    assert "1 s" in report.text
    sim.faults.clear()
    await running.out.state("live")
    assert asyncio.get_running_loop().time() - began >= 1.0
    await server_shows(sim, attempts=2)


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (418, "banned")])
async def test_a_pause_that_is_too_long_is_the_end_for_now(sim, run, server_shows, status, code):
    sim.faults.set("binance_refuse", status=status, retry_after=60)
    running = run(sim)
    for symbol in (BTC, ETH):
        await running.open(symbol)
        report = await running.out.state("failed", code, symbol)
        assert report.retriable
        assert 55 < report.retry_after <= 60
    await server_shows(sim, attempts=1)


@pytest.mark.parametrize("status", [451, 403])
async def test_a_region_that_is_refused_leads_to_the_other_host(sim, another, run, status):
    sim.faults.set("binance_refuse", status=status)
    sim.faults.set("binance_rest_451")
    running = run(sim, another)
    await running.open(BTC)
    report = await running.out.state("loading", "geo_blocked")
    assert str(status) in report.text
    await running.out.state("live")
    another.market.push(BTC, last="67124.01")
    await running.out.first_trade()
    assert str(another.port) in running.count("host")


async def test_a_region_that_all_refuse_is_the_end(sim, another, run):
    for server in (sim, another):
        server.faults.set("binance_refuse", status=451)
    running = run(sim, another)
    await running.open(BTC)
    report = await running.out.state("failed", "geo_blocked")
    assert report.retriable
    assert 3500 < report.retry_after <= 3600
    assert running.source.reports() == []


async def test_nobody_there_is_a_failure_in_time(run, free_port):
    class Nobody:
        port, url = free_port, f"http://127.0.0.1:{free_port}"

    running = run(Nobody, first_value_timeout=0.5)
    await running.open(BTC)
    await running.out.state("loading", "unreachable")
    report = await running.out.state("failed", "unreachable")
    assert report.retriable
    assert running.count("attempts") > 1


@pytest.mark.parametrize("shape", ["plain", "wrapped"])
async def test_streams_that_are_refused_fail_their_ticker(sim, run, shape):
    sim.faults.set("binance_error_frame", shape=shape)
    running = run(sim)
    await running.open(BTC, ETH)
    for symbol in (BTC, ETH):
        report = await running.out.state("failed", "refused", symbol)
        assert "invalid stream" in report.text


# -- what the data may look like ----------------------------------------------------------


async def test_lost_trades_are_doubtful_for_a_while(lively, run):
    running = run(lively)
    await running.live(BTC)
    await enough_trades(running, 20)
    lively.faults.set("binance_lost", BTC)
    mark = running.out.mark()
    await running.out.state("suspect", "trade_gap", since=mark)
    lively.faults.clear()
    await running.out.state("live", since=mark)
    assert running.count("gaps") > 0


async def test_doubled_trades_are_dropped(lively, run):
    lively.faults.set("binance_doubled")
    running = run(lively)
    await running.live(BTC)
    await enough_trades(running, 100)
    ids = trade_ids(running)
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert running.count("duplicates") >= 99
    assert ("suspect", "trade_gap") not in running.out.reports()


@pytest.mark.parametrize("fault", ["binance_swapped", "binance_out_of_order"])
async def test_trades_out_of_order_are_all_there_and_the_price_never_goes_back(lively, run, fault):
    lively.faults.set(fault)
    running = run(lively, book=False, day="off")
    await running.live(BTC)
    await enough_trades(running, 200)
    ids = trade_ids(running)
    assert len(set(ids)) == len(ids)
    assert ids != sorted(ids)
    assert running.count("late") > 0
    prices = {}
    ticks = 0
    for item in running.out.seen:
        if isinstance(item, Trade):
            prices[int(item.trade_id)] = item.price
        elif isinstance(item, Tick) and prices:
            # A tick shows the newest trade, never one that came late.
            assert item.last == prices[max(prices)]
            ticks += 1
    assert 0 < ticks < len(ids)


async def test_what_cannot_be_read_is_counted_and_the_rest_goes_on(lively, run):
    running = run(lively)
    await running.live(BTC)
    lively.faults.set("binance_malformed", BTC, every=3)
    while running.count("malformed") < 10:
        await running.out.first_trade(since=running.out.mark())
    assert running.count("attempts") == 1


@pytest.mark.parametrize("direction", ["future", "old"])
async def test_a_clock_that_is_off_is_not_believed(sim, run, direction):
    sim.faults.set("binance_clock_skew", direction=direction)
    running = run(sim)
    await running.live(BTC)
    sim.market.push(BTC, last="67124.01")
    trade = await running.out.first_trade()
    assert trade.ts_source is None
    assert running.count("skewed") > 0
    assert running.out.reports()[-1] == ("live", "ok")


async def test_microseconds_are_understood(sim, run):
    sim.faults.set("binance_microseconds")
    running = run(sim)
    await running.live(BTC)
    sim.market.push(BTC, last="67124.01")
    trade = await running.out.first_trade()
    assert trade.ts_source == sim.market.quote(BTC).time_ms * 1_000_000


async def test_a_silent_symbol_is_live_by_rest_and_then_quiet(sim, run):
    sim.faults.set("binance_silent", BTC)
    running = run(sim, quiet_after=0.3)
    await running.live(BTC)
    await running.out.state("quiet")
    assert running.out.reports() == [
        (PageState.LOADING, "loading"),
        (PageState.LIVE, "ok"),
        (PageState.QUIET, "quiet"),
    ]


async def test_reports_and_records_keep_their_order(lively, run):
    running = run(lively)
    await running.open(BTC)
    await enough_trades(running, 1)
    states = [item.state for item in running.out.seen if isinstance(item, Report)]
    assert states[:2] == ["loading", "live"]
