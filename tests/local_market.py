"""A real router and a real worker in the test's own loop, with a source that tests drive."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from cryptostream.client import aio, connect
from cryptostream.config.settings import Config
from cryptostream.records import Tick
from cryptostream.router.actor import RouterActor
from cryptostream.router.process import acquisition
from cryptostream.sources.worker import Worker
from cryptostream.symbols import Found, Listing, Order, Verdict, sources_of
from cryptostream.wire.hop import PageState, Report
from tests.listed import listed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from cryptostream.router.acquisition import Acquisition
    from cryptostream.sources.base import Outlet

DEADLINE = 20.0
# Sources that tests drive; the first is one whose workers can be asked for.
DRIVEN = ("tradingview", "second")


class ListedAll:
    """A directory that lists every ticker but those that begin with NO."""

    def check(self, symbol: str) -> Verdict:
        if ":NO" in symbol:
            return Verdict(Listing.INVALID, f"{symbol} is not listed", ("BINANCE:NOW",))
        return Verdict(Listing.VALID)

    def search(self, text: str, limit: int) -> list[str]:
        return [f"BINANCE:{text.upper()}"][:limit]

    def find(self, text: str, limit: int, exchange: str) -> Found:
        return Found(tuple(listed(symbol) for symbol in self.search(text, limit)))

    def describe(self) -> dict[str, str | int | float | None]:
        return {"state": "fetched", "why": "", "symbols": 1, "age": 0.0}


@dataclass
class DrivenSource:
    """A source whose tickers are live at once and whose records come from the test."""

    outlet: Outlet
    name: str = "tradingview"
    states: dict[str, Report] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    async def open(self, symbol: str, generation: int) -> None:
        self.opened.append(symbol)
        self.say(symbol, PageState.LIVE, generation=generation)

    async def close(self, symbol: str, generation: int) -> None:
        if symbol in self.states and self.states[symbol].generation == generation:
            del self.states[symbol]
            self.closed.append(symbol)

    def reports(self) -> list[Report]:
        return list(self.states.values())

    def describe(self) -> dict[str, str | int | float | None]:
        return {"pages": len(self.states)}

    def say(
        self,
        symbol: str,
        state: PageState,
        code: str = "ok",
        *,
        generation: int | None = None,
        retriable: bool = True,
    ) -> None:
        number = self.states[symbol].generation if generation is None else generation
        report = Report(
            symbol=symbol,
            generation=number,
            state=state,
            code=code,
            text=code,
            ts=time.time_ns(),
            retriable=retriable,
        )
        self.states[symbol] = report
        self.outlet.report(report)

    def tick(self, symbol: str, price: str) -> None:
        self.outlet.tick(
            Tick(
                symbol=symbol,
                source=self.name,
                method="sim",
                last=Decimal(price),
                ts_observed=time.time_ns(),
                simulated=True,
            )
        )


@dataclass
class LocalMarket:
    """A running router with one worker."""

    config: Config
    router: RouterActor
    worker: Worker
    source: DrivenSource
    grown: list[dict[str, object]]
    _stop: list[Callable[[], None]] = field(default_factory=list)

    def client(self, **options: object) -> aio.AsyncClient:
        return aio.connect(self.config.router.control, self.config.router.data, **options)


def local_config(ports: list[int], place: Path, **router: object) -> Config:
    """Return settings of a router of the test's own, with short times."""
    return Config.from_dict(
        {
            "instance": f"t{ports[0]}",
            "runtime_dir": str(place),
            "router": {
                "control": f"tcp://127.0.0.1:{ports[0]}",
                "data": f"tcp://127.0.0.1:{ports[1]}",
                "heartbeat": 0.2,
                "lease": 1.0,
                "linger": 0.2,
                **router,
            },
            "reconciler": {"first_backoff": 0.05, "backoff_cap": 0.1},
            "sources": {"failover_after": 0.2, "first_value_within": 1.0, "return_after": 0.5},
        }
    )


def driven(config: Config) -> Acquisition:
    """Return what decides for the sources that tests drive, in their order."""

    def order(symbol: str) -> Order:
        named = sources_of(symbol) or DRIVEN
        known = tuple(name for name in named if name in DRIVEN)
        return Order(known, why_none="" if known else f"no source named {named[0]!r} here")

    return acquisition(config, DRIVEN, order)


@contextlib.asynccontextmanager
async def running_router(
    config: Config, grown: list[dict[str, object]]
) -> AsyncIterator[RouterActor]:
    """Run a router in this loop."""
    router = RouterActor(config, driven(config), ListedAll(), grown.append)
    stopping = asyncio.Event()
    running: asyncio.Task[None] | None = None
    try:
        await router.open()
        await asyncio.to_thread(router.restore)
        running = asyncio.create_task(router.run(stopping))
        yield router
    finally:
        stopping.set()
        try:
            if running is not None:
                await running
        finally:
            await router.close()


@contextlib.asynccontextmanager
async def running_worker(
    config: Config, name: str = "driven-0", capacity: int = 50, kind: str = "tradingview"
) -> AsyncIterator[tuple[Worker, DrivenSource]]:
    """Run a worker in this loop."""
    worker = Worker(name, capacity, config.socket_path("workers"), opening=4)
    source = DrivenSource(worker, kind)
    stopping = asyncio.Event()
    running = asyncio.create_task(worker.run(source, stopping))
    try:
        async with asyncio.timeout(DEADLINE):
            await worker.confirmed.wait()
        yield worker, source
    finally:
        stopping.set()
        await running
        await worker.close()


@contextlib.asynccontextmanager
async def local_market(config: Config) -> AsyncIterator[LocalMarket]:
    """Run a router and a worker in this loop."""
    grown: list[dict[str, object]] = []
    async with running_router(config, grown) as router, running_worker(config) as (worker, source):
        yield LocalMarket(config, router, worker, source, grown)


async def take(cs: aio.AsyncClient, wanted: Callable[[object], bool]) -> object:
    """Return the next item that is wanted, within the deadline."""
    async with asyncio.timeout(DEADLINE):
        async for item in cs.events():
            if wanted(item):
                return item
    raise AssertionError("the stream ended")


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that only looking can tell, within the deadline."""
    async with asyncio.timeout(DEADLINE):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # what is looked at has no event of its own


class Background:
    """A local market in a thread with a loop of its own."""

    def __init__(self, config) -> None:
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._context = local_market(config)
        self.market: LocalMarket | None = None

    def __enter__(self):
        self._thread.start()
        self.market = self._run(self._context.__aenter__())
        return self

    def __exit__(self, *_exc):
        self._run(self._context.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def connect(self, **options):
        """Return a blocking client, for ``with``."""
        return connect(self._config.router.control, self._config.router.data, **options)

    def ticks(self, *prices: str, symbol: str = "BINANCE:BTCUSDT") -> None:
        async def publish() -> None:
            await until(lambda: symbol in self.market.source.states)
            for price in prices:
                self.market.source.tick(symbol, price)

        self._run(publish())
