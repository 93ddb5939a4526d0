"""The asynchronous client against a real router and a worker that the test drives."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cryptostream.client import aio
from cryptostream.errors import NotConnected, RequestError, UnknownSymbol
from cryptostream.records import Phase, Status, Tick
from cryptostream.wire.effects import Connected, Disconnected, Gap
from cryptostream.wire.messages import History, Subscribe
from tests.local_market import (
    DEADLINE,
    local_market,
    running_router,
    running_worker,
    take,
    until,
)
from tests.relay import relay

if TYPE_CHECKING:
    from cryptostream.config.settings import Config

BTC = "BINANCE:BTCUSDT"
SOCKETS = ("control", "data")


def is_tick(item: object) -> bool:
    return isinstance(item, Tick)


async def test_ticks_of_a_subscribed_symbol_arrive_in_order_and_exact(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        assert await cs.subscribe("btcusdt") == {"btcusdt": BTC}
        await take(cs, lambda item: isinstance(item, Status) and item.phase is Phase.LIVE)

        for number in range(1, 101):
            market.source.tick(BTC, f"67123.{number:04}")

        ticks = [await take(cs, is_tick) for _ in range(100)]
        assert [tick.seq for tick in ticks] == list(range(1, 101))
        assert [tick.last for tick in ticks] == [Decimal(f"67123.{n:04}") for n in range(1, 101)]
        assert all(tick.simulated for tick in ticks)
        assert cs.gaps == 0


async def test_a_late_subscriber_gets_the_last_value_as_an_image(config: Config) -> None:
    async with local_market(config) as market, market.client() as first, market.client() as late:
        await first.connected()
        await first.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)
        market.source.tick(BTC, "1")
        market.source.tick(BTC, "2")
        await take(first, lambda item: is_tick(item) and item.last == 2)

        await late.connected()
        await late.subscribe("BTCUSDT")

        image = await take(late, is_tick)
        assert (image.last, image.seq, image.image) == (Decimal(2), 2, True)
        market.source.tick(BTC, "3")
        tick = await take(late, is_tick)
        assert (tick.last, tick.seq, tick.image) == (Decimal(3), 3, False)


async def test_one_page_serves_two_clients_and_closes_after_the_last(config: Config) -> None:
    async with local_market(config) as market:
        async with market.client() as one, market.client() as two:
            for cs in (one, two):
                await cs.connected()
                await cs.subscribe("BTCUSDT")
            await until(lambda: BTC in market.source.states)

            one.unsubscribe("BTCUSDT")
            await one.tickers()
            assert market.source.closed == []
        await until(lambda: market.source.closed == [BTC])
        assert market.source.opened == [BTC]


async def test_a_refused_ticker_is_told_with_its_suggestions_and_the_others_go_on(
    config: Config,
) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()

        with pytest.raises(UnknownSymbol) as refusal:
            await cs.subscribe("NOSUCH", "BTCUSDT")

        assert refusal.value.suggestions == ("BINANCE:NOW",)
        assert cs.wanted() == [BTC]
        with pytest.raises(UnknownSymbol) as refusal:
            await cs.subscribe("?!")
        assert refusal.value.code == "bad_symbol"


async def test_a_restarted_router_is_found_again_and_what_was_missed_is_told(
    config: Config,
) -> None:
    async with AsyncExitStack() as stack:
        async with running_router(config, []):
            _, source = await stack.enter_async_context(running_worker(config))
            cs = await stack.enter_async_context(
                aio.connect(config.router.control, config.router.data)
            )
            await cs.connected()
            await cs.subscribe("BTCUSDT")
            await until(lambda: BTC in source.states)
            source.tick(BTC, "1")
            await take(cs, is_tick)

        async with running_router(config, []):
            gap = await take(cs, lambda item: isinstance(item, Gap) and "tick" in item.topic)
            assert gap.reason == "new_epoch"
            image = await take(cs, is_tick)
            assert image.last == 1
            source.tick(BTC, "2")
            assert (await take(cs, is_tick)).last == 2
            assert source.opened == [BTC]


async def test_a_silent_daemon_is_noticed_and_told(config: Config) -> None:
    async with local_market(config) as market:
        client = market.client()
        cs = await client.__aenter__()
        await cs.connected()
    await take(cs, lambda item: isinstance(item, Disconnected))
    async with local_market(config):
        await take(cs, lambda item: isinstance(item, Connected))
        await client.__aexit__(None, None, None)


@pytest.mark.parametrize("dead", ["data", "control"])
async def test_a_socket_that_dies_alone_is_noticed_and_nothing_is_lost(
    config: Config, dead: str
) -> None:
    """The other one goes on to speak: its life must not hide that death."""
    ports = {name: int(getattr(config.router, name).rpartition(":")[2]) for name in SOCKETS}
    async with (
        local_market(config) as market,
        relay(ports["control"]) as control,
        relay(ports["data"]) as data,
        aio.connect(*(f"tcp://127.0.0.1:{one.port}" for one in (control, data))) as cs,
    ):
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)
        market.source.tick(BTC, "1")
        assert (await take(cs, is_tick)).seq == 1

        {"data": data, "control": control}[dead].deafen()
        market.source.tick(BTC, "2")
        lost = await take(cs, lambda item: isinstance(item, Disconnected) or is_tick(item))
        if is_tick(lost):  # only the control socket is dead: prices go on
            assert (dead, lost.seq) == ("control", 2)
            lost = await take(cs, lambda item: isinstance(item, Disconnected))
        assert {"data": "published", "control": "answered"}[dead] in lost.reason

        market.source.tick(BTC, "3")
        ticks = [await take(cs, is_tick)]
        while ticks[-1].seq < 3:
            ticks.append(await take(cs, is_tick))
        assert [tick.seq for tick in ticks] == ([2, 3] if dead == "data" else [3])
        assert cs.gaps == 0


async def test_without_a_daemon_the_remedy_is_named(config: Config) -> None:
    async with aio.connect(config.router.control, config.router.data) as cs:
        with pytest.raises(NotConnected, match="no daemon answers"):
            await cs.connected(within=0.3)


@pytest.mark.parametrize("passes", range(6))
@pytest.mark.parametrize("waiting_for", ["items", "an answer"])
async def test_a_cancellation_counts_also_when_what_was_waited_for_comes_with_it(
    config: Config, waiting_for: str, passes: int
) -> None:
    async with aio.connect(config.router.control, config.router.data) as cs:
        items = waiting_for == "items"
        work = asyncio.create_task(cs.wait(DEADLINE) if items else cs.connected(DEADLINE))
        await asyncio.sleep(0)  # it waits now
        (cs._news if items else cs._connected).set()
        for _ in range(passes):
            await asyncio.sleep(0)

        taken = work.cancel()

        await asyncio.wait({work}, timeout=DEADLINE)
        assert work.cancelled() is taken


async def test_a_refused_request_raises_its_code(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()

        with pytest.raises(RequestError) as refusal:
            await cs.request(History(ticker="BTCUSDT", limit=-1))

        assert refusal.value.code == "bad_request"


async def test_a_request_that_nobody_answers_ends_at_its_deadline(config: Config) -> None:
    async with aio.connect(config.router.control, config.router.data) as cs:
        with pytest.raises(RequestError) as refusal:
            await cs.request(History(ticker="BTCUSDT"), within=0.2)

        assert refusal.value.code == "no_answer"


async def test_a_wish_on_behalf_of_another_client_outlives_us(config: Config) -> None:
    async with local_market(config) as market:
        async with market.client() as cs:
            await cs.connected()
            await cs.on_behalf_of("operator", Subscribe(tickers=["BTCUSDT"]))
        async with market.client() as cs:
            await cs.connected()
            clients = {c["client"]: c for c in (await cs.daemon_status())["clients"]}

        assert clients["operator"]["tickers"] == [BTC]
        assert clients["operator"]["lease_left"] > 1000


async def test_a_vanished_client_loses_its_tickers_after_the_lease(config: Config) -> None:
    async with local_market(config) as market:
        client = market.client()
        cs = await client.__aenter__()
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)

        cs._clock.cancel()  # it neither renews its lease nor says good-bye
        await asyncio.gather(cs._clock, return_exceptions=True)

        await until(lambda: market.source.closed == [BTC])
        cs._session.stays = True
        await client.__aexit__(None, None, None)


async def test_a_slow_reader_is_told_what_it_lost(config: Config) -> None:
    async with local_market(config) as market, market.client(inbox=10) as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)

        for number in range(1, 101):
            market.source.tick(BTC, str(number))
        await until(lambda: cs.statistics().received >= 100)

        gap = await take(cs, lambda item: isinstance(item, Gap))
        assert gap.reason == "slow_consumer"
        assert gap.first == 1
        tick = await take(cs, is_tick)
        assert tick.seq == gap.last + 1
        assert cs.statistics().dropped == gap.last


async def test_the_stream_yields_only_what_was_asked_for(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        seen = []

        async def read() -> None:
            async for tick in cs.stream("BTCUSDT"):
                seen.append(tick.symbol)
                if len(seen) == 3:
                    return

        reading = asyncio.create_task(read())
        await until(lambda: BTC in market.source.states)
        for number in range(1, 4):
            market.source.tick("BINANCE:ETHUSDT", "1")
            market.source.tick(BTC, str(number))
        async with asyncio.timeout(DEADLINE):
            await reading

        assert seen == [BTC] * 3
