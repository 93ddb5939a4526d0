"""Viewers by WebSocket, against a real router."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from decimal import Decimal

import msgspec
import pytest
import websockets

from cryptostream.gateway.auth import Grant, checked_token, new_secret
from cryptostream.gateway.closing import Close
from cryptostream.gateway.process import serving
from cryptostream.gateway.token_file import write
from tests.gateway.conftest import JSON, MSGPACK, World, gateway_config
from tests.local_market import local_market, until

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


@contextlib.asynccontextmanager
async def ticking(world, symbol=BTC, pause=0.0):
    """Publish prices that grow by one, as fast as the loop allows or with a pause."""

    async def publish() -> None:
        number = 0
        await world.opened(symbol)
        while True:
            number += 1
            world.market.source.tick(symbol, str(number))
            await asyncio.sleep(pause)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("form", [JSON, MSGPACK])
async def test_the_answer_comes_first_then_the_image_then_updates(world, form):
    async with world.viewer(form) as viewer:
        answer = await viewer.ask("subscribe", tickers=["btcusdt"])
        assert answer["results"] == [{"ticker": "btcusdt", "ok": True, "symbol": BTC}]
        await world.opened(BTC)
        world.market.source.tick(BTC, "100.10")
        tick = await viewer.tick("100.10")
        assert (tick["k"], tick["symbol"], tick["seq"]) == ("tick", BTC, 1)

        async with world.viewer(form) as second:
            await second.ask("subscribe", tickers=["BTCUSDT"])
            world.market.source.tick(BTC, "100.20")
            found = await second.records(lambda all_: len(all_) >= 3)
            assert [one["k"] for one in found] == ["status", "tick", "tick"]
            assert [one.get("image", False) for one in found] == [True, True, False]
            assert [one["seq"] for one in found[1:]] == [1, 2]


async def test_hello_tells_what_holds_here_and_a_default_interval(world):
    async with world.viewer() as viewer:
        answer = await viewer.ask("hello", client_id="me", interval_ms=90)
        assert answer["server"]["default_exchange"] == "BINANCE"
        assert answer["server"]["max_tickers"] == 500
        answer = await viewer.ask("subscribe", tickers=["BTCUSDT"])
        assert answer["interval_ms"] == 100
        assert [one.client_id for one in world.services.hub.viewers] == ["me"]
        assert (await viewer.ask("ping"))["ts"] > 0


async def test_one_bad_ticker_never_fails_a_request(world):
    async with world.viewer() as viewer:
        answer = await viewer.ask("subscribe", tickers=["BTCUSDT", "!", 7, "NOSUCH"])

        assert answer["ok"]
        good, absurd, number, unknown = answer["results"]
        assert good["ok"]
        assert absurd["error"]["code"] == number["error"]["code"] == "bad_symbol"
        assert unknown["error"]["code"] == "unknown_symbol"
        assert unknown["suggestions"] == ["BINANCE:NOW"]
        assert set(world.services.hub.symbols) == {BTC}


async def test_set_modify_and_unsubscribe_change_what_is_followed(world):
    async with world.viewer() as viewer:
        await viewer.ask("set", tickers=["BTCUSDT", "ETHUSDT"])
        [viewing] = world.services.hub.viewers
        assert viewing.held == {BTC, ETH}
        answer = await viewer.ask("modify", add=["SOLUSDT"], remove=["btcusdt", "?"])
        assert [one["ok"] for one in answer["results"]] == [True, True, False]
        assert viewing.held == {ETH, "BINANCE:SOLUSDT"}
        answer = await viewer.ask("set", tickers=["SOLUSDT"])
        assert answer["results"][1] == {
            "ticker": ETH,
            "ok": True,
            "symbol": ETH,
            "removed": True,
        }
        answer = await viewer.ask("unsubscribe", tickers=["SOLUSDT"])
        assert answer["results"][0]["removed"]
        await until(lambda: not world.market.source.states)


async def test_a_viewer_that_vanishes_releases_its_tickers_at_once(world):
    async with world.viewer() as stays, world.viewer() as leaves:
        await stays.ask("subscribe", tickers=["ETHUSDT"])
        await leaves.ask("subscribe", tickers=["BTCUSDT", "ETHUSDT"])
        await world.opened(BTC)
        leaves.connection.transport.abort()
        await until(lambda: set(world.services.hub.symbols) == {ETH})
        await until(lambda: set(world.market.source.states) == {ETH})


async def test_the_interval_changes_live_and_every_tick_is_accounted_for(world):
    async with world.viewer() as viewer, ticking(world, pause=0.002):
        await viewer.ask("subscribe", tickers=["BTCUSDT"], interval_ms=100)
        found = await viewer.records(lambda all_: len(all_) > 8)
        await viewer.send(op="modify", id="fast", interval_ms=0)
        found += await viewer.records(lambda all_: len(all_) > 40)
        await viewer.send(op="modify", id="slow", interval_ms=100)
        found += await viewer.records(lambda all_: len(all_) > 8)

    ticks = [one for one in found if one["k"] == "tick" and not one.get("image")]
    assert any(one.get("conflated", 0) > 10 for one in ticks)
    assert sum(1 for one in ticks if "conflated" not in one) > 10
    for before, after in itertools.pairwise(ticks):
        assert after.get("first", after["seq"]) == before["seq"] + 1
        assert Decimal(after["last"]) > Decimal(before["last"])


async def test_a_pause_is_a_pause_and_nothing_is_lost(world):
    async with world.viewer() as viewer:
        await viewer.ask("subscribe", tickers=["BTCUSDT"])
        await world.opened(BTC)
        world.market.source.tick(BTC, "1")
        await viewer.tick("1")
        await viewer.ask("pause")
        world.market.source.tick(BTC, "2")
        held = world.services.hub.symbols[BTC]
        await until(lambda: held.ticks.newest.seq == 2)
        assert "server" in await viewer.ask("hello")
        await viewer.ask("resume")
        assert (await viewer.tick("2"))["seq"] == 2


async def test_a_slow_viewer_is_warned_and_closed_and_its_neighbour_notices_nothing(begin):
    async with (
        begin(queue=65_536, slow_after=1.0) as world,
        world.viewer() as neighbour,
        ticking(world, pause=0.0005),
    ):
        slow = Stalled(world)
        await slow.open(tickers=["BTCUSDT"])
        await neighbour.ask("subscribe", tickers=["BTCUSDT"], interval_ms=100)
        await until(lambda: len(world.services.hub.viewers) == 2)
        stalled = next(one for one in world.services.hub.viewers if one.client_id == "stalled")

        warned = asyncio.create_task(until(lambda: stalled.outbox.slow))
        found = await neighbour.records(lambda _all: warned.done())
        assert stalled.follows[BTC].lane_ms == 1000
        found += await neighbour.records(lambda _all: stalled.closing is not None)
        assert stalled.closing is Close.SLOW
        assert stalled.outbox.high_water <= 65_536
        found += await neighbour.records(lambda _all: len(world.services.hub.viewers) == 1)
        slow.close()

        ticks = [one for one in found if one["k"] == "tick" and not one.get("image")]
        for before, after in itertools.pairwise(ticks):
            assert after.get("first", after["seq"]) == before["seq"] + 1
        assert world.services.counters.closed == {"slow": 1}


class Stalled:
    """A viewer that subscribes and then reads nothing, and answers no ping."""

    def __init__(self, world) -> None:
        self._world = world
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._socket.setblocking(False)

    async def open(self, **subscription: object) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, ("127.0.0.1", self._world.config.gateway.port))
        head = (
            f"GET /v1/stream HTTP/1.1\r\nHost: {self._world.address}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(self._socket, head.encode())
        await loop.sock_recv(self._socket, 1024)
        for message in (
            {"op": "hello", "client_id": "stalled"},
            {"op": "subscribe", **subscription},
        ):
            body = msgspec.json.encode(message)
            await loop.sock_sendall(
                self._socket, bytes([0x81, 0x80 | len(body)]) + b"\0\0\0\0" + body
            )

    def close(self) -> None:
        self._socket.close()


async def test_a_half_open_viewer_is_found_by_its_missing_pong(begin):
    async with begin(ping=0.2) as world, world.viewer() as viewer:
        silent = Stalled(world)
        await silent.open(tickers=["BTCUSDT"])
        await until(lambda: len(world.services.hub.viewers) == 2)
        await until(lambda: len(world.services.hub.viewers) == 1)
        await viewer.ask("ping")
        assert BTC not in world.services.hub.symbols
        silent.close()


async def test_a_message_that_cannot_be_read_is_answered_and_the_tenth_in_a_row_ends_it(world):
    async with world.viewer() as viewer:
        await viewer.connection.send("{")
        assert (await viewer.until(lambda one: "re" in one))["error"]["code"] == "malformed"
        assert (await viewer.ask("subscrbe"))["error"]["code"] == "unknown_op"
        assert (await viewer.ask("ping", more=1))["error"]["code"] == "bad_request"
        for _ in range(10):
            await viewer.connection.send("[]")
        assert await viewer.closed() == Close.MALFORMED
        assert world.services.counters.refused["malformed"] == 11


async def test_a_message_that_is_too_large_ends_it(begin):
    async with begin(max_message=2048) as world, world.viewer() as viewer:
        await viewer.connection.send(" " * 2049)
        assert await viewer.closed() == 1009
        await until(lambda: not world.services.hub.viewers)


async def test_a_flood_of_requests_is_refused_and_then_ended(begin):
    async with begin(request_rate=2.0) as world, world.viewer() as viewer:
        await viewer.ask("subscribe", tickers=["BTCUSDT"])
        [viewing] = world.services.hub.viewers
        with contextlib.suppress(websockets.ConnectionClosed):
            for number in range(500):
                await viewer.send(op="subscribe", id=number, tickers=["BTCUSDT"])
        assert await viewer.closed() == Close.FLOOD
        assert viewing.closing is Close.FLOOD
        assert world.services.counters.refused["too_many_requests"] > 50


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_foreign_page_is_refused(begin, origin):
    async with begin(origins=["https://mine.example"]) as world:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with world.viewer(origin=origin):
                pass
        assert refused.value.response.status_code == 403
        assert b"bad_origin" in refused.value.response.body
        async with world.viewer(origin="https://mine.example") as viewer:
            assert (await viewer.ask("ping"))["ok"]
        async with world.viewer(origin=world.url) as viewer:
            assert (await viewer.ask("ping"))["ok"]


async def test_there_is_only_so_much_room(begin):
    async with begin(max_viewers=2, max_viewers_per_address=1) as world, world.viewer() as first:
        await first.ask("ping")
        async with world.viewer() as second:
            assert await second.closed() == Close.TOO_MANY_VIEWERS
        assert (await first.ask("ping"))["ok"]


async def test_a_viewer_follows_so_many_tickers(begin):
    async with begin(max_tickers=1) as world, world.viewer() as viewer:
        answer = await viewer.ask("subscribe", tickers=["BTCUSDT", "ETHUSDT"])
        assert [one["ok"] for one in answer["results"]] == [True, False]
        assert answer["results"][1]["error"]["code"] == "too_many_tickers"


async def test_tokens_open_the_door_and_a_revoked_one_closes_it(begin, tmp_path):
    secrets = {"a": new_secret(), "b": new_secret()}
    grants = {"a": Grant(tickers=("BINANCE:BTC*",), connections=2), "b": Grant()}
    tokens = [checked_token(name, secrets[name], 1, grants[name]) for name in secrets]
    await asyncio.to_thread(write, tmp_path / "tokens.json", tokens)
    async with (
        begin(auth="token") as world,
        world.viewer(JSON, "bearer." + secrets["a"]) as by_subprotocol,
        world.viewer() as by_hello,
        world.viewer(additional_headers={"Authorization": f"Bearer {secrets['b']}"}) as by_header,
    ):
        assert (await by_hello.ask("hello", token=secrets["a"]))["ok"]
        answer = await by_subprotocol.ask("subscribe", tickers=["BTCUSDT", "ETHUSDT"])
        assert answer["results"][1]["error"]["code"] == "not_allowed"
        assert (await by_header.ask("ping"))["ok"]

        async with world.viewer(JSON, "bearer." + secrets["a"]) as third:
            assert await third.closed() == Close.TOO_MANY_VIEWERS
        async with world.viewer(JSON, "bearer.wrong") as stranger:
            assert await stranger.closed() == Close.BAD_TOKEN
        async with world.viewer() as stranger:
            await stranger.send(op="ping")
            assert await stranger.closed() == Close.NO_TOKEN

        await asyncio.to_thread(write, tmp_path / "tokens.json", tokens[1:])
        assert await by_subprotocol.closed() == Close.BAD_TOKEN
        assert await by_hello.closed() == Close.BAD_TOKEN
        assert (await by_header.ask("ping"))["ok"]


async def test_after_the_gateway_died_a_cursor_brings_all_that_was_missed(free_ports, tmp_path):
    config = gateway_config(free_ports(3), tmp_path)
    async with local_market(config) as market, market.client() as keeps_it_open:
        await keeps_it_open.connected()
        await keeps_it_open.subscribe("BTCUSDT")
        async with serving(config) as services:
            world = World(market, services, config)
            async with world.viewer() as viewer:
                await viewer.ask("subscribe", tickers=["BTCUSDT"])
                await world.opened(BTC)
                for price in ("1", "2"):
                    market.source.tick(BTC, price)
                last = await viewer.tick("2")
                cursor = {BTC: {"tick": [last["epoch"], last["seq"]]}}
        for price in ("3", "4", "5"):
            market.source.tick(BTC, price)
        async with serving(config) as services:
            world = World(market, services, config)
            async with world.viewer() as viewer, world.viewer() as other:
                await viewer.ask("hello", recover=cursor)
                answer = await viewer.ask("subscribe", tickers=["BTCUSDT"])
                assert answer["results"][0]["recovered"] == {"tick": True}
                found = await viewer.records(lambda all_: len(all_) >= 4)
                assert [one["last"] for one in found if one["k"] == "tick"] == ["3", "4", "5"]
                cursor[BTC]["tick"][0] -= 1
                answer = await other.ask("subscribe", tickers=["BTCUSDT"], recover=cursor)
                assert answer["results"][0]["recovered"] == {"tick": False}
                gap = await other.until(lambda one: one.get("t") == "gap")
                assert gap["reason"] == "new_epoch"
                assert (await other.tick("5"))["image"]


async def test_heartbeats_fill_the_silence_and_the_router_being_away_is_told(begin):
    async with begin(heartbeat=0.2) as world, world.viewer(MSGPACK) as viewer:
        for _ in range(2):
            assert (await viewer.until(lambda one: one.get("t") == "heartbeat"))["ts"] > 0
        world.services.hub.tell_all({"t": "upstream", "connected": False})
        await viewer.until(lambda one: one.get("t") == "upstream")


async def test_a_cursor_may_be_of_a_ticker_as_a_person_writes_it_and_of_nothing_else(world):
    async with world.viewer() as viewer, world.viewer() as other:
        await viewer.ask("subscribe", tickers=["BTCUSDT"])
        await world.opened(BTC)
        world.market.source.tick(BTC, "1")
        first = await viewer.tick("1")
        world.market.source.tick(BTC, "2")
        await viewer.tick("2")

        cursor = {"tick": [first["epoch"], first["seq"]]}
        refused = await other.ask("subscribe", tickers=["BTCUSDT"], recover={"???": cursor})
        assert (refused["ok"], refused["error"]["code"]) == (False, "bad_request")
        answer = await other.ask("subscribe", tickers=["BTCUSDT"], recover={"btcusdt": cursor})
        assert answer["results"][0]["recovered"] == {"tick": True}
        assert "image" not in await other.tick("2")


async def test_what_the_first_viewer_of_a_ticker_recovers_is_no_image(world):
    """The gateway begins with the router's image of it, which was an event when it came."""
    async with world.viewer() as holds:
        await holds.ask("subscribe", tickers=["BTCUSDT"])
        await world.opened(BTC)
        for price in ("1", "2", "3"):
            world.market.source.tick(BTC, price)
        last = await holds.tick("3")
    await until(lambda: not world.services.hub.symbols)
    async with world.viewer() as viewer:
        for missed in (1, 2):
            cursor = {BTC: {"tick": [last["epoch"], last["seq"] - missed]}}
            answer = await viewer.ask("subscribe", tickers=["BTCUSDT"], recover=cursor)
            assert answer["results"][0]["recovered"] == {"tick": True}
            assert "image" not in await viewer.tick("3")
            await viewer.ask("unsubscribe", tickers=["BTCUSDT"])
            await until(lambda: not world.services.hub.symbols)
