"""The router's sockets: ownership, losses on the inner hop, workers that come and go."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import zmq

from cryptostream.client import aio
from cryptostream.errors import StartError
from cryptostream.records import DataState, Phase, Status, Tick
from cryptostream.router.actor import RouterActor
from cryptostream.router.process import rules
from cryptostream.wire import hop
from cryptostream.wire.frames import encode_payload
from cryptostream.wire.hop import PageState
from tests.local_market import (
    ListedAll,
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


async def test_a_worker_that_owns_a_ticker_is_the_only_one_to_write_it(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))
        with zmq.Context() as context, context.socket(zmq.PUB) as stranger:
            stranger.linger = 0
            stranger.connect(config.ipc("ingest"))
            meta = hop.encode_hop_meta((hop.VERSION, 12345, 1, 1, 0))
            fake = Tick(symbol=BTC, source="x", method="sim", last=666, ts_observed=1)
            frames = [b"tick/BINANCE:BTCUSDT/", meta, encode_payload([fake])]
            before = market.router._unowned
            while market.router._unowned == before:
                stranger.send_multipart(frames)
                await cs.wait(0.02)

        market.source.tick(BTC, "1")
        tick = await take(cs, lambda item: isinstance(item, Tick))
        assert (tick.last, tick.seq) == (1, 1)


async def test_garbage_from_a_worker_changes_nothing(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        with zmq.Context() as context:
            dealer, publisher = context.socket(zmq.DEALER), context.socket(zmq.PUB)
            for socket, name in ((dealer, "workers"), (publisher, "ingest")):
                socket.linger = 0
                socket.connect(config.ipc(name))
            before = market.router._refused
            dealer.send(b"\xc1")
            while market.router._refused < before + 2:
                publisher.send_multipart([b"tick/X/", b"bad", b""])
                publisher.send(b"one frame")
                await cs.wait(0.02)
            context.destroy(linger=0)

        await cs.subscribe("BTCUSDT")
        await take(cs, status(phase=Phase.LIVE))


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


async def test_a_worker_that_falls_silent_is_lost(config: Config) -> None:
    async with running_router(config, []) as router, AsyncExitStack() as stack:
        async with running_worker(config):
            await until(lambda: len(router._hops.all()) == 1)
        # It ended without a word.
        started = time.monotonic()
        await until(lambda: not router._hops.all())
        assert time.monotonic() - started > 1.0
        await stack.aclose()


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


def test_an_address_in_use_is_refused_with_the_remedy(config: Config) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as taken:
        taken.bind(config.router.data)
        actor = RouterActor(config, rules(config), ListedAll(), lambda _report: None)

        with pytest.raises(StartError) as refusal:
            actor.open()

        assert refusal.value.code == "port_in_use"
        assert config.router.data in refusal.value.message
        actor.close()
