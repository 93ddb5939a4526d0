"""The router's sockets: ownership, losses on the inner hop, workers that come and go."""

from __future__ import annotations

import asyncio
import socket as socket_module
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import zmq

from cryptostream.client import aio
from cryptostream.errors import StartError, UnknownSymbol
from cryptostream.hop_socket import HopSocket
from cryptostream.records import DataState, Phase, Status, Tick
from cryptostream.router.actor import RouterActor
from cryptostream.wire import hop
from cryptostream.wire.frames import encode_payload
from cryptostream.wire.hop import PageState
from tests.local_market import (
    DEADLINE,
    ListedAll,
    driven,
    local_config,
    local_market,
    running_router,
    running_worker,
    take,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptostream.config.settings import Config

BTC = "BINANCE:BTCUSDT"


@pytest.fixture
def config(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Config:
    return local_config(free_ports(2), tmp_path)


def status(**fields: object) -> Callable[[object], bool]:
    return lambda item: (
        isinstance(item, Status)
        and all(getattr(item, name) == value for name, value in fields.items())
    )


async def test_a_failed_page_is_retried_and_the_status_says_so(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))

        market.source.say(BTC, PageState.FAILED, "crashed")

        retrying = await take(cs, status(phase=Phase.RETRYING))
        assert (retrying.code, retrying.data, retrying.attempt) == ("crashed", "suspect", 1)
        assert retrying.ts_next is not None
        await take(cs, status(phase=Phase.LIVE))
        assert market.source.opened == [BTC, BTC]


async def test_a_stale_price_is_suspect_and_stays(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        market.source.tick(BTC, "5")

        market.source.say(BTC, PageState.STALE, "silent")

        stale = await take(cs, status(phase=Phase.STALE))
        assert stale.data is DataState.SUSPECT
        async with market.client() as late:
            await late.connected()
            await late.subscribe("BTCUSDT")
            assert (await take(late, status(phase=Phase.STALE))).image
            held = await take(late, lambda item: isinstance(item, Tick))
            assert held.last == 5


async def test_a_loss_on_the_inner_hop_is_told(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        market.source.tick(BTC, "1")
        await take(cs, lambda item: isinstance(item, Tick))

        market.worker.sent += 3  # as if three messages had been dropped on the way
        market.source.tick(BTC, "2")

        suspect = await take(cs, status(code="gap"))
        assert suspect.data is DataState.SUSPECT
        await take(cs, lambda item: isinstance(item, Tick) and item.last == 2)


async def stranger(config: Config) -> tuple[HopSocket, asyncio.Future[str]]:
    """Connect to the inner hop; the future tells why the connection ended."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[str] = loop.create_future()
    _, socket = await loop.create_unix_connection(
        lambda: HopSocket(lambda *_: None, lambda _, why: ended.set_result(why), 1_000_000),
        str(config.socket_path("workers")),
    )
    return socket, ended


def hello(worker: str) -> bytes:
    said = hop.WorkerHello(
        worker=worker, incarnation=12345, source="x", capacity=5, opening=1, pid=1
    )
    return hop.control_frame(said)


async def test_a_worker_that_owns_a_ticker_is_the_only_one_to_write_it(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        fake = Tick(symbol=BTC, source="x", method="sim", last=666, ts_observed=1)
        payload = encode_payload([fake])
        before = market.router._publisher.unowned
        socket, _ = await stranger(config)
        socket.send(hello("stranger-0"))
        socket.send(hop.data_frame(b"tick/BINANCE:BTCUSDT/", payload, 1, 0, 1))
        await until(lambda: market.router._publisher.unowned > before)
        await socket.close(1.0)

        market.source.tick(BTC, "1")
        tick = await take(cs, lambda item: isinstance(item, Tick))
        assert (tick.last, tick.seq) == (1, 1)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff\xff",
        hop.control_frame(hop.Beat(worker="nobody", incarnation=1, sent=0)),
        hop.data_frame(b"tick/X/", b"", 1, 0, 1),
        hello("stranger-0") + hop.data_frame(b"report/X/", b"\xc1", 1, 0, 1),
        b"\x00\x00\x00\x02\x00\xc1",
    ],
)
async def test_garbage_from_a_worker_ends_its_connection_and_nothing_else(
    config: Config, garbage: bytes
) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        socket, ended = await stranger(config)
        socket.send(garbage)
        async with asyncio.timeout(DEADLINE):
            await ended

        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        assert market.worker.confirmed.is_set()


async def test_a_worker_connects_again_when_the_router_is_back(config: Config) -> None:
    async with AsyncExitStack() as stack:
        async with running_router(config, []):
            worker, _ = await stack.enter_async_context(running_worker(config))
        await until(lambda: not worker.confirmed.is_set())
        async with running_router(config, []) as router:
            await until(worker.confirmed.is_set)
            assert [hop.worker for hop in router._workers.all()] == ["driven-0"]
            await stack.aclose()


async def test_what_a_router_that_does_not_read_is_not_told_is_refused(config: Config) -> None:
    """The queue of a worker has a bound; who sends counts what does not fit."""
    with socket_module.socket(socket_module.AF_UNIX) as deaf:
        place = str(config.socket_path("deaf"))
        deaf.bind(place)
        deaf.listen()  # and never accepts, so nobody ever reads
        loop = asyncio.get_running_loop()
        sender = HopSocket(lambda *_: None, lambda *_: None, 10_000)
        await loop.create_unix_connection(lambda: sender, place)
        sent = [sender.send(bytes(5_000)) for _ in range(1_000)]
        await sender.close(0.01)
    assert sent[0]
    assert not sent[-1]
    assert not sender.send(b"too late")


async def test_tickers_of_a_lost_worker_go_to_another(config: Config) -> None:
    async with AsyncExitStack() as stack:
        market = await stack.enter_async_context(local_market(config))
        cs = await stack.enter_async_context(market.client())
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        _, second = await stack.enter_async_context(running_worker(config, "driven-1"))

        market.worker.goodbye("it was stopped")

        lost = await take(cs, status(phase=Phase.RETRYING))
        assert lost.code == "worker_lost"
        await take(cs, status(phase=Phase.LIVE))
        assert second.opened == [BTC]


async def test_a_worker_whose_connection_ends_is_lost_at_once(config: Config) -> None:
    async with running_router(config, []) as router:
        async with running_worker(config):
            await until(lambda: len(router._workers.all()) == 1)
        # It ended without a word.
        await until(lambda: not router._workers.all())


async def test_what_a_worker_sends_after_its_good_bye_changes_nothing(config: Config) -> None:
    async with running_router(config, []) as router:
        socket, ended = await stranger(config)
        leaving = hop.control_frame(hop.Goodbye(worker="w-0", incarnation=12345, reason="done"))
        late = hop.data_frame(b"tick/X/", b"", 1, 0, 1)
        beat = hop.control_frame(hop.Beat(worker="w-0", incarnation=12345, sent=1))
        socket.send(hello("w-0") + leaving + late + beat + hello("w-1"))
        await until(lambda: [one.worker for one in router._workers.all()] == ["w-1"])
        assert not ended.done()
        assert router._workers.refused == 0
        await socket.close(1.0)


async def test_a_worker_that_falls_silent_is_lost(config: Config) -> None:
    async with running_router(config, []) as router:
        socket, ended = await stranger(config)
        socket.send(hello("hung-0"))
        await until(lambda: len(router._workers.all()) == 1)
        # It is there, but never beats; if it wakes up it has to begin anew.
        async with asyncio.timeout(DEADLINE):
            await ended
        assert router._workers.all() == []


async def test_a_ticker_moves_to_its_second_source_and_back(config: Config) -> None:
    async with AsyncExitStack() as stack:
        market = await stack.enter_async_context(local_market(config))
        _, second = await stack.enter_async_context(
            running_worker(config, "second-0", kind="second")
        )
        cs = await stack.enter_async_context(market.client())
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE, source="tradingview"))
        market.source.tick(BTC, "100")
        first = await take(cs, lambda item: isinstance(item, Tick))

        market.source.say(BTC, PageState.STALE, "silent")
        await until(lambda: BTC in second.states)
        second.tick(BTC, "101")
        moved = await take(cs, status(code="switched"))
        tick = await take(cs, lambda item: isinstance(item, Tick) and item.source == "second")

        assert (moved.switch.old, moved.switch.new) == ("tradingview", "second")
        assert (moved.switch.reason, moved.source) == ("silent", "second")
        assert (tick.seq, tick.last) == (first.seq + 1, 101)

        market.source.say(BTC, PageState.LIVE)
        market.source.tick(BTC, "100.5")
        back = await take(cs, status(code="switched"))
        tick = await take(cs, lambda item: isinstance(item, Tick))

        assert (back.switch.new, back.switch.reason) == ("tradingview", "returned")
        assert str(back.switch.basis) == "-0.5"
        assert (tick.source, tick.last, tick.seq) == (
            "tradingview",
            Decimal("100.5"),
            first.seq + 2,
        )
        await until(lambda: second.closed == [BTC])
        row = (await cs.tickers())[0]
        assert [leg["role"] for leg in row["legs"]] == ["publishes", "unused"]
        assert row["last_switch"]["reason"] == "returned"


async def test_one_fixed_source_is_a_stream_of_its_own(config: Config) -> None:
    async with AsyncExitStack() as stack:
        market = await stack.enter_async_context(local_market(config))
        _, second = await stack.enter_async_context(
            running_worker(config, "second-0", kind="second")
        )
        cs = await stack.enter_async_context(market.client())
        await cs.connected()
        with pytest.raises(UnknownSymbol) as refused:
            await cs.subscribe("BTCUSDT", "BTCUSDT@second", "BTCUSDT@nowhere")
        assert refused.value.code == "no_source"
        fixed = f"{BTC}@second"
        await take(cs, status(symbol=fixed, phase=Phase.LIVE, source="second"))
        market.source.tick(BTC, "1")
        second.tick(fixed, "2")
        seen = {}
        while len(seen) < 2:
            tick = await take(cs, lambda item: isinstance(item, Tick))
            seen[tick.symbol] = (tick.source, tick.last)
        assert seen == {BTC: ("tradingview", 1), fixed: ("second", 2)}


async def test_more_browsers_are_asked_for_when_all_pages_are_in_use(config: Config) -> None:
    grown: list[dict[str, object]] = []
    async with (
        running_router(config, grown) as router,
        running_worker(config, capacity=1) as (_, source),
    ):
        async with aio.connect(config.router.control, config.router.data) as cs:
            await cs.connected()
            await cs.subscribe("BTCUSDT", "ETHUSDT")
            await until(lambda: {"browsers": 2} in grown)
            await until(lambda: len(source.states) == 1)
            async with running_worker(config, "driven-1", capacity=1) as (_, second):
                await until(lambda: len(second.states) == 1)
                await cs.subscribe("SOLUSDT")
                full = await take(cs, status(code="no_capacity"))
                assert full.stream == "closed_recover"
                cs.unsubscribe("BTCUSDT")
                await take(cs, status(symbol="BINANCE:SOLUSDT", phase=Phase.LIVE))
        assert router


async def test_an_address_in_use_is_refused_with_the_remedy(config: Config) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as taken:
        taken.bind(config.router.data)
        actor = RouterActor(config, driven(config), ListedAll(), lambda _report: None)

        with pytest.raises(StartError) as refusal:
            await actor.open()

        assert refusal.value.code == "port_in_use"
        assert config.router.data in refusal.value.message
        await actor.close()
