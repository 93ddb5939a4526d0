"""What ``subscribe`` says is what the daemon said, to each caller of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cryptostream.client import aio
from cryptostream.errors import NotConnected, UnknownSymbol
from tests.local_market import DEADLINE, Listing, Verdict, local_market, until

if TYPE_CHECKING:
    from cryptostream.config.settings import Config

BTC = "BINANCE:BTCUSDT"


async def test_a_ticker_that_is_named_twice_in_one_call_is_refused_once(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        with pytest.raises(UnknownSymbol):
            await cs.subscribe("NOSUCH", "NOSUCH")
        assert cs.wanted() == []


@pytest.mark.parametrize("other", ["NOSUCH", "BINANCE:NOSUCH", "nosuch"])
async def test_two_tasks_that_want_the_same_are_both_refused(config: Config, other: str) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        told = await asyncio.gather(
            cs.subscribe("NOSUCH"), cs.subscribe(other), return_exceptions=True
        )
        assert [type(one) for one in told] == [UnknownSymbol] * 2


async def test_two_tasks_that_want_the_same_are_both_accepted_as_they_wrote_it(
    config: Config,
) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        told = await asyncio.gather(cs.subscribe("BTCUSDT"), cs.subscribe("btcusdt"))
        assert told == [{"BTCUSDT": BTC}, {"btcusdt": BTC}]


async def test_a_call_that_was_given_up_leaves_no_verdict_for_the_next_one(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await cs.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)
        cs.unsubscribe("BTCUSDT")
        await until(lambda: market.source.closed == [BTC])
        directory = market.router._desk._directory
        directory.check = lambda symbol: Verdict(Listing.INVALID, f"{symbol} is gone", ())

        with pytest.raises(UnknownSymbol, match="is gone"):
            await cs.subscribe("BTCUSDT")


async def test_without_a_daemon_the_second_attempt_is_no_better_than_the_first(
    config: Config,
) -> None:
    async with aio.connect(config.router.control, config.router.data) as cs:
        for _ in range(2):
            with pytest.raises(NotConnected):
                await cs.subscribe("BTCUSDT", "BINANCE:ETHUSDT", within=0.1)
        assert cs._pending.verdicts == {}
        async with local_market(config):
            told = await cs.subscribe("BTCUSDT", within=DEADLINE)
            assert told == {"BTCUSDT": BTC}


async def test_who_wants_nothing_new_is_answered_at_once(config: Config) -> None:
    async with aio.connect(config.router.control, config.router.data) as cs:
        assert await cs.subscribe() == {}
