"""The asynchronous client at its ends: opened halfway, interrupted, closed under way, broken."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from typing import TYPE_CHECKING

import pytest

from cryptostream.client import aio
from cryptostream.errors import ConfigError, CryptoStreamError, NotConnected, RequestError
from cryptostream.records import Tick
from cryptostream.wire.effects import Connected, Disconnected
from tests.local_market import DEADLINE, Background, local_config, local_market, take, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptostream.config.settings import Config

BTC = "BINANCE:BTCUSDT"


def alone(config: Config) -> aio.AsyncClient:
    """Return a client of a daemon that does not run."""
    return aio.connect(config.router.control, config.router.data)


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Let nothing be opened: the three standard ones are taken, and no more are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("wrong", ["control", "data"])
@pytest.mark.parametrize("address", ["127.0.0.1:7700", "tcp://127.0.0.1", "http://127.0.0.1:1"])
async def test_a_mistyped_address_is_an_error_with_its_remedy_and_leaves_nothing_open(
    config: Config, wrong: str, address: str
) -> None:
    addresses = {"control": config.router.control, "data": config.router.data, wrong: address}
    cs = aio.connect(**addresses)

    with pytest.raises(ConfigError, match=address) as refusal:
        await cs.__aenter__()

    assert "tcp://" in refusal.value.hint
    assert not refusal.value.retriable
    assert cs._sockets._context.closed
    assert cs._sockets._readers == []


async def test_sockets_that_cannot_be_opened_are_an_error_that_may_pass(config: Config) -> None:
    cs = alone(config)

    with no_descriptor_left(), pytest.raises(NotConnected) as refusal:
        await cs.__aenter__()

    assert refusal.value.retriable
    assert cs._sockets._context.closed


@pytest.mark.parametrize("passes", range(4))
async def test_a_cancellation_while_closing_skips_nothing(config: Config, passes: int) -> None:
    cs = await alone(config).__aenter__()
    leaving = asyncio.create_task(cs.__aexit__(None, None, None))
    for _ in range(passes):
        await asyncio.sleep(0)

    leaving.cancel()

    await asyncio.wait({leaving}, timeout=DEADLINE)
    if not passes:  # it was cancelled before it began, so nothing was closed
        await cs.__aexit__(None, None, None)
    assert cs._sockets._readers == []
    assert cs._sockets._control is None
    await until(lambda: cs._sockets._context.closed)


async def test_closing_twice_is_no_error(config: Config) -> None:
    async with alone(config) as cs:
        await cs.__aexit__(None, None, None)


async def test_whatever_waits_when_the_client_is_closed_is_told(config: Config) -> None:
    async with alone(config) as cs:
        waiting = [
            asyncio.create_task(work)
            for work in (
                cs.tickers(DEADLINE),
                cs.subscribe("BTCUSDT", within=DEADLINE),
                anext(cs.events()),
                anext(cs.stream("BTCUSDT")),
                cs.wait(DEADLINE),
                cs.connected(DEADLINE),
            )
        ]
        await asyncio.sleep(0)  # they wait now

    done, late = await asyncio.wait(waiting, timeout=1.0)

    assert late == set()
    errors = [one.exception() for one in done]
    assert [type(error) for error in errors] == [NotConnected] * len(waiting)
    assert all("closed" in str(error) for error in errors)


async def test_a_closed_client_says_so_at_once(config: Config) -> None:
    async with alone(config) as cs:
        pass

    for ask in (
        lambda: cs.tickers(DEADLINE),
        lambda: cs.subscribe("BTCUSDT", within=DEADLINE),
        lambda: anext(cs.events()),
        lambda: cs.wait(DEADLINE),
        lambda: cs.connected(DEADLINE),
    ):
        with pytest.raises(NotConnected, match="closed"):
            async with asyncio.timeout(1.0):
                await ask()


async def test_what_came_before_the_end_can_still_be_read(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
    assert await cs.wait(DEADLINE)
    events = cs.events()
    assert isinstance(await anext(events), Connected)
    with pytest.raises(NotConnected, match="closed"):
        await anext(events)


async def test_a_request_ends_even_when_nobody_looks_at_the_clock(config: Config) -> None:
    cs = alone(config)  # never opened: it has no clock

    with pytest.raises(RequestError) as refusal:
        async with asyncio.timeout(DEADLINE):
            await cs.tickers(within=0.1)

    assert refusal.value.code == "no_answer"
    assert cs._pending.answers == {}
    await cs.__aexit__(None, None, None)


async def test_a_request_that_its_caller_gives_up_leaves_nothing_behind(config: Config) -> None:
    async with alone(config) as cs:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await cs.tickers()
        assert cs._pending.answers == {}


async def test_sockets_that_cannot_be_opened_again_are_told_and_tried_until_they_can(
    config: Config,
) -> None:
    async with alone(config) as cs:
        async with local_market(config):
            await cs.connected()
            await cs.subscribe("BTCUSDT")
        with no_descriptor_left():
            await take(cs, lambda item: isinstance(item, Disconnected) and "open" in item.reason)

        async with local_market(config) as market:
            await take(cs, lambda item: isinstance(item, Connected))
            await until(lambda: BTC in market.source.states)
            market.source.tick(BTC, "1")
            await take(cs, lambda item: isinstance(item, Tick))


async def test_a_program_that_computed_for_long_reads_before_it_calls_the_daemon_silent(
    free_ports: Callable[[int], list[int]], tmp_path: Path
) -> None:
    config = local_config(free_ports(2), tmp_path, lease=30.0)
    with Background(config) as background:
        async with alone(config) as cs:
            await cs.connected()
            await cs.subscribe("BTCUSDT")
            background.ticks("1")
            computed = 0
            async for item in cs.events():
                assert not isinstance(item, Disconnected)
                if isinstance(item, Tick):
                    computed += 1
                    if computed == 4:
                        break
                    background.ticks(str(computed + 1))
                    time.sleep(0.9)  # noqa: ASYNC251 - it computes; silence counts from 0.6 s


async def test_a_clock_that_breaks_is_raised_wherever_somebody_waits(config: Config) -> None:
    async with alone(config) as cs:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        waiting = [
            asyncio.create_task(work)
            for work in (cs.tickers(DEADLINE), anext(cs.events()), cs.wait(DEADLINE))
        ]
        await asyncio.sleep(0)  # they wait now

        def broken(_now: float) -> list[object]:
            raise ZeroDivisionError("a fault of ours")

        cs._session.clock = broken
        done, late = await asyncio.wait(waiting, timeout=2.0)

        assert late == set()
        for one in done:
            assert isinstance(one.exception(), CryptoStreamError)
            assert "a fault of ours" in str(one.exception())
        with pytest.raises(CryptoStreamError, match="a fault of ours"):
            await cs.tickers()
