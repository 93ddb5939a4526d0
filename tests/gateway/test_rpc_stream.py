"""The end of a stream, as the stream itself sees it."""

from __future__ import annotations

import asyncio

import pytest

from cryptostream.errors import CryptoStreamError, Overloaded
from cryptostream.gateway.auth import EVERYTHING, Grant
from cryptostream.gateway.messages import Modify, Subscribe
from cryptostream.gateway.rpc_errors import taken_over
from cryptostream.gateway.rpc_stream import PriceStream
from tests.gateway.conftest import DEADLINE


def begun(world, grant: Grant = EVERYTHING) -> PriceStream:
    stream = PriceStream(world.services, grant, "127.0.0.1", "c")
    world.services.hub.join(stream.viewer)
    stream.begin(Subscribe(tickers=["BTCUSDT"]), [])
    return stream


async def rest(events) -> list:
    async with asyncio.timeout(DEADLINE):
        return [event async for event in events]


async def test_the_first_reason_to_end_counts_and_all_is_released_at_once(world):
    stream = begun(world)
    events = stream.events()
    assert (await anext(events)).event.event.field == "results"
    stream.end(taken_over("c"))
    assert world.services.hub.symbols == {}
    stream.end(CryptoStreamError("another"))
    with pytest.raises(CryptoStreamError) as caught:
        await rest(events)
    assert caught.value.code == "taken_over"


async def test_a_change_that_the_stream_did_not_live_to_make_was_not_taken(world):
    stream = begun(world)
    waiting = asyncio.create_task(stream.modify(1, Modify(add=["ETHUSDT"])))
    await asyncio.sleep(0)
    stream.end(taken_over("c"))
    with pytest.raises(CryptoStreamError):
        await anext(stream.events())
    async with asyncio.timeout(DEADLINE):
        assert await waiting is False
        assert await stream.modify(2, Modify(add=["ETHUSDT"])) is False


async def test_more_changes_than_may_wait_are_refused(world):
    stream = begun(world, Grant(rate=1000))
    waiting = [asyncio.create_task(stream.modify(n, Modify(add=["X"]))) for n in range(70)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert done
    for task in done:
        with pytest.raises(Overloaded):
            await task
    stream.end(taken_over("c"))
    with pytest.raises(CryptoStreamError):
        await anext(stream.events())
    async with asyncio.timeout(DEADLINE):
        others = await asyncio.gather(*(set(waiting) - done))
    assert not any(others)
