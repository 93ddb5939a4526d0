"""Viewers by WebSocket, against a real router."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.conftest import DEADLINE, JSON, MSGPACK

BTC = "BINANCE:BTCUSDT"


@pytest.fixture(autouse=True)
async def in_time():
    """Give every test of this module a deadline of its own."""
    async with asyncio.timeout(DEADLINE):
        yield


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
