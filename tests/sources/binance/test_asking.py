"""REST that is slow, limits, bans or is not there: the streams go on."""

import asyncio

import pytest

from cryptostream.sources.binance.inquiries import Kind, Question
from cryptostream.sources.binance.rest import ask

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


@pytest.mark.parametrize("fault", ["binance_rest_500", "binance_rest_html", "binance_rest_451"])
async def test_without_rest_the_stream_decides(sim, run, fault):
    sim.faults.set(fault)
    running = run(sim)
    await running.open(BTC)
    sim.market.push(BTC, last="67124.01")
    tick = await running.out.first_tick()
    assert tick.method == "stream"
    await running.out.state("live")


async def test_without_rest_a_symbol_that_says_nothing_fails_in_time(sim, run):
    sim.faults.set("binance_rest_500")
    sim.faults.set("binance_silent")
    running = run(sim, first_value_timeout=0.6)
    await running.open(BTC)
    report = await running.out.state("failed", "no_price")
    assert report.retriable


@pytest.mark.parametrize("fault", ["binance_rest_429", "binance_rest_418"])
async def test_a_pause_that_is_asked_for_is_kept_while_the_streams_go_on(sim, run, fault):
    sim.faults.set(fault, retry_after=60)
    running = run(sim)
    await running.open(BTC)
    await running.out.first_tick()
    asked = running.count("questions")
    assert asked == 1
    sim.faults.clear()
    await running.open(ETH)
    sim.market.push(BTC, last="67124.01")
    await running.out.first_trade(symbol=BTC)
    assert running.count("questions") == asked


async def test_after_the_pause_it_asks_again(sim, run, server_shows):
    sim.faults.set("binance_rest_429", retry_after=1)
    running = run(sim, day="off")
    began = asyncio.get_running_loop().time()
    await running.open(BTC)
    await server_shows(sim, streams=2)
    sim.faults.clear()
    first = await running.out.first_tick()
    assert first.method == "poll"
    assert asyncio.get_running_loop().time() - began >= 1.0


async def test_the_other_rest_host_is_asked_where_the_first_refuses_the_region(sim, another, run):
    sim.faults.set("binance_rest_451")
    running = run(sim, another, day="off")
    await running.open(BTC)
    first = await running.out.first_tick()
    assert (first.method, str(first.last)) == ("poll", "67123.45")


async def test_a_verdict_that_comes_late_still_counts(sim, run, server_shows):
    sim.faults.set("binance_rest_500")
    running = run(sim)
    await running.open("BINANCE:NOPEUSDT")
    await server_shows(sim, connections=1)
    sim.faults.clear()
    report = await running.out.state("failed")
    assert report.code == "unknown_symbol"


async def test_a_question_is_answered_with_its_weight(sim, http):
    body = await ask(http, sim.url, Question(Kind.DAY, ("BTCUSDT", "ETHUSDT")))
    assert (body.simulated, body.weight) == (True, "2")
    assert body.data.startswith(b'[{"symbol":')
