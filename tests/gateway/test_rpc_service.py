"""The service by its generated client, before a real gateway and a real router."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from connectrpc.errors import ConnectError

from cryptostream.gateway.auth import Grant, checked_token, new_secret
from cryptostream.gateway.closing import Close
from cryptostream.gateway.rpc_early import KEPT_S, MOST_OF_ONE
from cryptostream.gateway.token_file import write
from cryptostream.v1 import prices_pb as pb
from cryptostream.v1.prices_connect import PriceServiceClient
from tests.gateway.conftest import DEADLINE
from tests.gateway.rpc_client import modified, streaming, told
from tests.local_market import until

HEAD = (
    b"POST /cryptostream.v1.PriceService/StreamPrices HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/connect+proto\r\nContent-Length: %d\r\n\r\n"
)
BTC, ETH, SOL = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "BINANCE:SOLUSDT"


@pytest.fixture
async def client(world):
    async with client_of(world) as found:
        yield found


def client_of(world):
    return PriceServiceClient(world.url)


def held(world):
    return set(world.services.hub.symbols)


async def test_a_stream_brings_results_then_the_status_then_ticks(world, client):
    async with streaming(client, "btcusdt", interval_ms=30) as stream:
        results = await stream.results()
        assert (results.interval_ms, results.results[0].symbol) == (50, BTC)
        assert results.results[0].ok
        await world.opened(BTC)
        world.market.source.tick(BTC, "100.10")
        tick, seen = await stream.until(lambda name, _: name == "tick")
    assert (tick.symbol, tick.last, tick.simulated, tick.method) == (BTC, "100.10", True, "sim")
    assert tick.seq == 1
    assert tick.epoch > 0
    assert not tick.has_field("bid")
    assert "live" in {value.phase for name, value in seen if name == "status"}


async def test_a_ticker_that_is_not_listed_is_removed_and_told_and_the_others_go_on(world, client):
    async with streaming(client, "NOSUCH", "!", "BTCUSDT") as stream:
        found = {one.ticker: one for one in (await stream.results()).results}
        assert [one.ok for one in found.values()] == [False, False, True]
        assert found["NOSUCH"].error.code == "unknown_symbol"
        assert found["NOSUCH"].suggestions == ["BINANCE:NOW"]
        assert found["!"].error.code == "bad_symbol"
        assert held(world) == {BTC}
        await world.opened(BTC)
        world.market.source.tick(BTC, "7")
        await stream.tick("7")


async def test_closing_the_stream_releases_what_it_followed_at_once(world, client):
    async with streaming(client, "BTCUSDT") as stream:
        await stream.results()
        await world.opened(BTC)
        assert held(world) == {BTC}
    await until(lambda: not world.services.hub.viewers)
    assert held(world) == set()
    await until(lambda: BTC in world.market.source.closed)


async def test_a_client_that_vanishes_releases_too(world):
    request = pb.StreamPricesRequest(client_id="c", tickers=["BTCUSDT"])
    body = request.to_binary()
    reader, writer = await asyncio.open_connection("127.0.0.1", world.config.gateway.port)
    writer.write(HEAD % (len(body) + 5) + b"\0" + len(body).to_bytes(4) + body)
    assert b"200 OK" in await reader.readline()
    await until(lambda: held(world) == {BTC})
    writer.transport.abort()
    await until(lambda: held(world) == set())


async def test_modify_changes_the_running_stream(world, client):
    async with streaming(client, "BTCUSDT") as stream:
        await stream.results()
        answer = await modified(client, add=["ETHUSDT", "NOSUCH"], remove=["BTCUSDT"])
        assert answer.running
        found = await stream.results(answer.request)
        assert [(one.ticker, one.ok, one.removed) for one in found.results] == [
            ("ETHUSDT", True, False),
            ("NOSUCH", False, False),
            ("BTCUSDT", True, True),
        ]
        assert held(world) == {ETH}
        await world.opened(ETH)
        world.market.source.tick(ETH, "5")
        await stream.tick("5")


async def test_modify_sets_the_interval_of_all_live_and_what_is_added_has_the_kinds(world, client):
    async with streaming(client, "BTCUSDT", kinds=["trade"]) as stream:
        await stream.results()
        answer = await modified(client, interval_ms=150)
        assert (await stream.results(answer.request)).interval_ms == 200
        await modified(client, add=["ETHUSDT"])
        (viewer,) = world.services.hub.viewers
        assert {one.symbol: one.interval_ms for one in viewer.follows.values()} == {
            BTC: 200,
            ETH: 200,
        }
        assert all(one.trade and not one.tick for one in viewer.follows.values())


async def test_a_modify_that_comes_first_is_kept_for_the_stream(world, client):
    first = await modified(client, add=["ETHUSDT", "SOLUSDT"])
    second = await modified(client, remove=["BTCUSDT", "SOLUSDT"])
    assert not first.running
    assert first.kept_ms == KEPT_S * 1000
    async with streaming(client, "BTCUSDT") as stream:
        assert (await stream.results()).results[0].symbol == BTC
        assert len((await stream.results(first.request)).results) == 2
        await stream.results(second.request)
        assert held(world) == {ETH}


async def test_what_is_kept_for_one_client_is_bounded_and_nobody_elses(world, client):
    for _ in range(MOST_OF_ONE):
        await modified(client, add=["ETHUSDT"])
    with pytest.raises(ConnectError) as caught:
        await modified(client, add=["ETHUSDT"])
    code, info = told(caught.value)
    assert (code, info.code, info.retriable) == ("resource_exhausted", "too_many_requests", True)
    async with streaming(client, "BTCUSDT", client_id="other") as stream:
        await stream.results()
        assert held(world) == {BTC}


async def test_a_second_stream_takes_over_and_the_first_is_told_so(world, client):
    async with streaming(client, "BTCUSDT") as first:
        await first.results()
        async with streaming(client, "ETHUSDT") as second:
            await second.results()
            assert held(world) == {ETH}
            code, info = await first.error()
            assert (code, info.code, info.retriable) == ("aborted", "taken_over", False)
            answer = await modified(client, add=["SOLUSDT"])
            await second.results(answer.request)
            assert held(world) == {ETH, SOL}
            assert len(world.services.hub.viewers) == 1
    assert world.services.counters.closed == {"taken_over": 1}


async def test_two_clients_have_a_stream_each(world, client):
    async with (
        streaming(client, "BTCUSDT", client_id="a") as one,
        streaming(client, "BTCUSDT", client_id="b") as other,
    ):
        await one.results()
        await other.results()
        await world.opened(BTC)
        world.market.source.tick(BTC, "3")
        assert (await one.tick("3")) == (await other.tick("3"))


async def test_after_a_reconnect_all_that_was_missed_comes(world, client):
    async with streaming(client, "BTCUSDT", client_id="keeper") as keeper:
        await keeper.results()
        await world.opened(BTC)
        async with streaming(client, "BTCUSDT") as stream:
            await stream.results()
            world.market.source.tick(BTC, "1")
            stood = await stream.tick("1")
        for price in ("2", "3"):
            world.market.source.tick(BTC, price)
        await keeper.tick("3")
        cursor = pb.Cursor(symbol=BTC, kind="tick", epoch=stood.epoch, seq=stood.seq)
        async with streaming(client, "BTCUSDT", recover=[cursor]) as stream:
            assert (await stream.results()).results[0].recovered == {"tick": True}
            _, seen = await stream.until(lambda name, one: name == "tick" and one.last == "3")
        assert [one.last for name, one in seen if name == "tick"] == ["2", "3"]
        gone = pb.Cursor(symbol=BTC, kind="tick", epoch=stood.epoch - 1, seq=9)
        async with streaming(client, "BTCUSDT", recover=[gone]) as stream:
            gap = await stream.first("gap")
        assert (gap.symbol, gap.kind, gap.first, gap.reason) == (BTC, "tick", 10, "new_epoch")


async def test_ticks_at_an_interval_are_merged_and_counted(world, client):
    async with streaming(client, "BTCUSDT", interval_ms=200) as stream:
        await stream.results()
        await world.opened(BTC)
        for price in range(1, 9):
            world.market.source.tick(BTC, str(price))
        _, seen = await stream.until(lambda name, one: name == "tick" and one.last == "8")
    ticks = [one for name, one in seen if name == "tick"]
    assert sum(1 + one.conflated for one in ticks) == 8
    assert ticks[-1].first <= ticks[-1].seq


async def test_while_it_is_silent_heartbeats_come(begin):
    async with (
        begin(heartbeat=0.2) as world,
        client_of(world) as client,
        streaming(client) as stream,
    ):
        assert (await stream.first("heartbeat")).ts > 0


async def test_the_end_of_the_gateway_is_told_as_one_to_come_back_after(world, client):
    async with streaming(client, "BTCUSDT") as stream:
        await stream.results()
        world.services.end_all(Close.SHUTDOWN)
        code, info = await stream.error()
    assert (code, info.code, info.retriable) == ("unavailable", "shutdown", True)


async def test_a_flood_of_changes_is_refused_and_then_ends_the_stream(begin):
    async with (
        begin(request_rate=1) as world,
        client_of(world) as client,
        streaming(client, "BTCUSDT") as stream,
    ):
        await stream.results()
        asked = [modified(client, interval_ms=100) for _ in range(60)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [told(one)[1].code for one in answers if isinstance(one, ConnectError)]
        assert len(refused) > 20
        assert set(refused) == {"too_many_requests"}
        assert (await stream.error())[1].code == "flood"


async def test_more_tickers_than_allowed_are_each_refused(begin):
    async with (
        begin(max_tickers=1) as world,
        client_of(world) as client,
        streaming(client, "BTCUSDT", "ETHUSDT") as stream,
    ):
        results = (await stream.results()).results
    assert [one.error.code if one.error else "" for one in results] == ["", "too_many_tickers"]


async def test_there_are_places_for_so_many_streams(begin):
    async with (
        begin(max_viewers=1) as world,
        client_of(world) as client,
        streaming(client, "BTCUSDT", client_id="a") as first,
    ):
        await first.results()
        async with streaming(client, client_id="b") as second:
            code, info = await second.error()
            assert (code, info.code) == ("unavailable", "too_many_viewers")
        # A client that comes again takes its own place.
        async with streaming(client, "ETHUSDT", client_id="a") as again:
            await again.results()
            assert held(world) == {ETH}


@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": ""},
        {"client_id": "x" * 129},
        {"client_id": "c", "interval_ms": 60_001},
        {"client_id": "c", "kinds": ["candle"]},
        {"client_id": "c", "recover": [pb.Cursor(symbol=BTC, kind="tick", epoch=-1, seq=1)]},
        {"client_id": "c", "recover": [pb.Cursor(symbol="???", kind="tick", epoch=1, seq=1)]},
    ],
)
async def test_a_wrong_request_is_refused_with_its_reason(client, fields):
    async with streaming(client, **fields) as stream:
        code, info = await stream.error()
    assert (code, info.code) == ("invalid_argument", "bad_request")
    assert info.message


async def test_questions_are_answered(world, client):
    async with streaming(client, "BTCUSDT") as stream:
        await stream.results()
        await world.opened(BTC)
        world.market.source.tick(BTC, "100.10")
        await stream.tick("100.10")
        history = await client.get_history(pb.GetHistoryRequest(ticker="btcusdt", limit=5))
        assert history.symbol == BTC
        assert [one.kind.value.last for one in history.records] == ["100.10"]
        statuses = await client.get_history(pb.GetHistoryRequest(ticker="btcusdt", kind="status"))
        assert {one.kind.field for one in statuses.records} == {"status"}
        found = await client.search_tickers(pb.SearchTickersRequest(text="btcusdt", limit=3))
        assert [one.symbol for one in found.found] == [BTC]
        told_ = await client.get_status(pb.GetStatusRequest())
        gateway = told_.gateway.to_python()
        assert gateway["tickers"] == {BTC: 1}
        assert (gateway["viewers"][0]["transport"], gateway["viewers"][0]["client_id"]) == (
            "connect",
            "c",
        )
        assert told_.daemon.to_python()["pid"] > 0
        assert not told_.error


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda c: c.get_history(pb.GetHistoryRequest(ticker="!")), "bad_symbol"),
        (
            lambda c: c.get_history(pb.GetHistoryRequest(ticker="btcusdt", kind="bar")),
            "bad_request",
        ),
        (
            lambda c: c.get_history(pb.GetHistoryRequest(ticker="btcusdt", limit=5001)),
            "bad_request",
        ),
        (lambda c: c.search_tickers(pb.SearchTickersRequest(limit=999)), "bad_request"),
        (lambda c: c.modify_tickers(pb.ModifyTickersRequest(add=["x"])), "bad_request"),
    ],
)
async def test_a_wrong_question_is_refused(client, ask, code):
    with pytest.raises(ConnectError) as caught:
        await ask(client)
    assert told(caught.value)[0] == "invalid_argument"
    assert told(caught.value)[1].code == code


async def test_tokens_are_asked_for_and_what_they_allow_holds(begin, tmp_path):
    secret, other = new_secret(), new_secret()
    grant = Grant(tickers=("BINANCE:BTC*",))
    tokens = [checked_token("a", secret, 1, grant), checked_token("b", other, 1, Grant())]
    await asyncio.to_thread(write, tmp_path / "tokens.json", tokens)
    async with begin(auth="token") as world, client_of(world) as client:
        async with streaming(client, "BTCUSDT") as stream:
            assert (await stream.error())[0] == "unauthenticated"
        with pytest.raises(ConnectError) as caught:
            await client.get_status(
                pb.GetStatusRequest(), headers={"authorization": "Bearer wrong"}
            )
        assert told(caught.value)[1].code == "bad_token"
        mine = {"authorization": f"Bearer {secret}"}
        async with streaming(client, "BTCUSDT", "ETHUSDT", headers=mine) as stream:
            results = (await stream.results()).results
            assert [one.ok for one in results] == [True, False]
            assert results[1].error.code == "not_allowed"
            # The same client_id with another token is another client.
            answer = await client.modify_tickers(
                pb.ModifyTickersRequest(client_id="c", remove=["BTCUSDT"]),
                headers={"authorization": f"Bearer {other}"},
            )
            assert not answer.running
            assert held(world) == {BTC}
            await asyncio.to_thread(write, tmp_path / "tokens.json", tokens[1:])
            code, info = await stream.error()
    assert (code, info.code, info.retriable) == ("unauthenticated", "bad_token", False)


@contextlib.asynccontextmanager
async def deaf(world):
    """Stream BTCUSDT to a client that reads nothing but the first line."""
    body = pb.StreamPricesRequest(client_id="deaf", tickers=["BTCUSDT"]).to_binary()
    port = world.config.gateway.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(HEAD % (len(body) + 5) + b"\0" + len(body).to_bytes(4) + body)
    assert b"200 OK" in await reader.readline()
    writer.transport.pause_reading()
    await world.opened(BTC)
    try:
        yield
    finally:
        writer.transport.abort()


async def pour(world, enough):
    """Publish long ticks of BTCUSDT until there are enough."""
    async with asyncio.timeout(DEADLINE):
        while not enough():
            for _ in range(200):
                world.market.source.tick(BTC, "1." + "0" * 400)
            await asyncio.sleep(0.01)  # so that the gateway's own tasks run


async def test_a_client_that_reads_nothing_is_cut_and_slows_nobody(begin):
    async with begin(queue=65_536, slow_after=1) as world, client_of(world) as client:
        async with deaf(world), streaming(client, "ETHUSDT") as stream:
            await stream.results()
            await world.opened(ETH)
            await pour(world, lambda: BTC not in held(world))
            world.market.source.tick(ETH, "5")
            await stream.tick("5")
        assert world.services.counters.closed == {"slow": 1}


async def test_a_change_for_a_stream_that_is_ending_is_kept_for_the_next(begin):
    async with (
        begin(queue=65_536) as world,
        client_of(world) as client,
        deaf(world),
    ):
        (viewer,) = world.services.hub.viewers
        await pour(world, lambda: viewer.closing is Close.SLOW)
        answer = await modified(client, client_id="deaf", add=["ETHUSDT"])
        assert not answer.running
        async with streaming(client, client_id="deaf") as stream:
            assert (await stream.results(answer.request)).results[0].symbol == ETH
            assert held(world) == {ETH}


async def test_a_stream_ends_at_the_deadline_of_the_client(world, client):
    request = pb.StreamPricesRequest(client_id="c", tickers=["BTCUSDT"])
    with pytest.raises(ConnectError) as caught:
        async for _ in client.stream_prices(request, timeout_ms=300):
            pass
    assert caught.value.code.value == "deadline_exceeded"
    await until(lambda: held(world) == set())
