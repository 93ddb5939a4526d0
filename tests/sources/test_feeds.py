"""Sources as supervised tasks: one that breaks is built anew, and the router is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cryptostream.client import aio
from cryptostream.config.settings import Config
from cryptostream.records import Phase, Status, Tick
from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.sources.feeds import runnable, spec
from cryptostream.sources.kinds import kinds
from supervisors.spec import Intensity, SupervisorSpec
from supervisors.supervisor import Supervisor
from tests.local_market import DrivenSource, local_config, running_router, take, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BTC = "BINANCE:BTCUSDT"


class FragileSource(DrivenSource):
    """A driven source that breaks when told to."""

    def __init__(self, outlet, built: list[FragileSource]) -> None:
        super().__init__(outlet, "second")
        self.broken = asyncio.Event()
        self.ended = False
        built.append(self)

    async def run(self) -> None:
        try:
            await self.broken.wait()
        finally:
            self.ended = True
        raise RuntimeError("the source is not sound")


def kind_of(built: list[FragileSource]) -> SourceKind:
    return SourceKind(
        name="second",
        summary="",
        capabilities=Capabilities(trades=True, bid_ask=False, history=False),
        policy=UsePolicy(automated=True, redistribution=True, needs_key=False, terms=""),
        timeliness=Timeliness.REAL_TIME,
        venue=lambda _symbol, _config: "BINANCE",
        load=lambda: lambda _config, outlet: FragileSource(outlet, built),
    )


@pytest.fixture
def config(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Config:
    return local_config(free_ports(2), tmp_path)


def live(item: object) -> bool:
    return isinstance(item, Status) and item.phase is Phase.LIVE


async def test_a_source_that_breaks_is_built_anew_and_its_tickers_come_back(config) -> None:
    built: list[FragileSource] = []
    children = (spec(kind_of(built), config),)
    feeds = Supervisor(
        SupervisorSpec(
            name="feeds", children=children, intensity=Intensity(restarts=100, within=1.0)
        )
    )
    async with running_router(config, []):
        await feeds.start()
        try:
            async with aio.connect(config.router.control, config.router.data) as cs:
                await cs.connected()
                await cs.subscribe("BTCUSDT@second")
                await take(cs, live)
                built[0].tick(f"{BTC}@second", "1")
                await take(cs, lambda item: isinstance(item, Tick) and item.last == 1)

                built[0].broken.set()

                lost = await take(cs, lambda item: isinstance(item, Status) and not live(item))
                assert lost.code == "worker_lost"
                await take(cs, live)
                built[1].tick(f"{BTC}@second", "2")
                await take(cs, lambda item: isinstance(item, Tick) and item.last == 2)
        finally:
            await feeds.stop("the test ends")
    assert [source.ended for source in built] == [True, True]


async def test_a_source_that_is_stopped_says_good_bye(config) -> None:
    built: list[FragileSource] = []
    feeds = Supervisor(SupervisorSpec(name="feeds", children=(spec(kind_of(built), config),)))
    async with running_router(config, []) as router:
        await feeds.start()
        await until(lambda: [hop.worker for hop in router._workers.all()] == ["feeds/second"])
        await feeds.stop("the test ends")
        await until(lambda: not router._workers.all())
    assert built[0].ended
    assert built[0].states == {}


def test_feeds_that_are_switched_off_and_pages_do_not_run_here():
    names = {kind.name for kind in runnable(Config())}
    assert names == {name for name, kind in kinds().items() if kind.load is not None}
    off = Config.from_dict({"sources": {"binance": {"enabled": False}}})
    assert {kind.name for kind in runnable(off)} == names - {"binance"}
