"""A source's side of the inner hop: what goes out together, and when."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cryptostream.hop_socket import HopSocket
from cryptostream.records import Tick
from cryptostream.sources import worker as worker_module
from cryptostream.sources.worker import Worker
from cryptostream.wire import hop
from cryptostream.wire.frames import Flag, decode_payload
from cryptostream.wire.hop import DataFrame, PageState, Report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

DEADLINE = 10.0
BTC = "BINANCE:BTCUSDT"
ETH = "BINANCE:ETHUSDT"


def a_tick(price: str, symbol: str = BTC, *, simulated: bool = False) -> Tick:
    return Tick(
        symbol=symbol,
        source="tradingview",
        method="dom",
        last=Decimal(price),
        ts_observed=1,
        simulated=simulated,
    )


def a_report(state: PageState) -> Report:
    return Report(symbol=BTC, generation=1, state=state, code="ok", text="", ts=1)


class Silent:
    """A source that runs nothing."""

    name = "tradingview"

    def reports(self) -> list[Report]:
        return []

    def describe(self) -> dict[str, Any]:
        return {}


class Router:
    """The other end: a real socket that confirms and keeps the data frames of each read."""

    def __init__(self) -> None:
        self.reads: list[list[DataFrame]] = []
        self.sockets: list[HopSocket] = []
        self._news = asyncio.Event()

    def connect(self) -> HopSocket:
        socket = HopSocket(self._on_frames, lambda _socket, _why: None, 1024)
        self.sockets.append(socket)
        return socket

    def _on_frames(self, socket: HopSocket, frames: Sequence[hop.Frame]) -> None:
        for frame in frames:
            if isinstance(frame, bytes):
                said = hop.decode_from_worker(frame)
                if isinstance(said, hop.WorkerHello):
                    confirmed = hop.Confirmed(incarnation=said.incarnation)
                    socket.send(hop.control_frame(confirmed))
        data = [frame for frame in frames if isinstance(frame, DataFrame)]
        if data:
            self.reads.append(data)
            self._news.set()

    async def read(self) -> list[DataFrame]:
        """Return the data frames of the oldest read."""
        async with asyncio.timeout(DEADLINE):
            while not self.reads:
                self._news.clear()
                await self._news.wait()
        return self.reads.pop(0)


@asynccontextmanager
async def connected(place) -> AsyncIterator[tuple[Worker, Router]]:
    router, stopping = Router(), asyncio.Event()
    server = await asyncio.get_running_loop().create_unix_server(router.connect, str(place))
    one = Worker("browser-0", 4, place, opening=1)
    running = asyncio.create_task(one.run(Silent(), stopping))
    try:
        async with asyncio.timeout(DEADLINE):
            await one.confirmed.wait()
        yield one, router
    finally:
        stopping.set()
        async with asyncio.timeout(DEADLINE):
            await running
        await one.close()
        server.close()
        for socket in router.sockets:
            await socket.close(1.0)


def prices(frame: DataFrame) -> list[str]:
    return [str(record.last) for record in decode_payload(frame.topic, frame.payload)]


async def test_what_one_pass_brings_goes_out_together(tmp_path):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.tick(a_tick("1"))
        worker.tick(a_tick("2"))
        worker.tick(a_tick("9", ETH))
        frames = await router.read()
        assert [prices(frame) for frame in frames] == [["1", "2"], ["9"]]
        assert [(frame.size, frame.number) for frame in frames] == [(2, 1), (1, 2)]


async def test_what_is_held_waits_for_the_flush(tmp_path):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.hold()
        worker.tick(a_tick("1"))
        for _ in range(5):
            await asyncio.sleep(0)  # a flush that was booked would come now
        worker.tick(a_tick("2"))
        assert worker.sent == 0
        worker.flush()
        assert [prices(frame) for frame in await router.read()] == [["1", "2"]]


async def test_after_a_flush_nothing_is_held_any_more(tmp_path):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.hold()
        worker.flush()
        worker.tick(a_tick("1"))
        assert [prices(frame) for frame in await router.read()] == [["1"]]


async def test_a_batch_that_is_full_does_not_wait_and_the_rest_is_not_forgotten(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(worker_module, "BATCH", 2)
    async with connected(tmp_path / "hop") as (worker, router):
        worker.hold()
        for price in ("1", "2", "3"):
            worker.tick(a_tick(price))
        seen = [*await router.read()]
        if len(seen) == 1:
            seen += await router.read()
        assert [prices(frame) for frame in seen] == [["1", "2"], ["3"]]


async def test_a_report_comes_behind_what_was_held(tmp_path):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.hold()
        worker.tick(a_tick("1"))
        worker.report(a_report(PageState.STALE))
        seen = [*await router.read()]
        if len(seen) == 1:
            seen += await router.read()
        assert [frame.topic.partition(b"/")[0] for frame in seen] == [b"tick", b"report"]


@pytest.mark.parametrize(("simulated", "flags"), [(False, 0), (True, Flag.SIMULATED)])
async def test_a_frame_says_whether_its_records_are_simulated(tmp_path, simulated, flags):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.tick(a_tick("1", simulated=simulated))
        assert [frame.flags for frame in await router.read()] == [flags]


async def test_a_router_that_begins_anew_is_given_the_newest_as_an_image(tmp_path):
    async with connected(tmp_path / "hop") as (worker, router):
        worker.tick(a_tick("1", simulated=True))
        worker.tick(a_tick("2", simulated=True))
        await router.read()
        router.sockets[0].cut("it begins anew")
        image = (await router.read())[0]
        assert prices(image) == ["2"]
        assert image.flags == Flag.IMAGE | Flag.SIMULATED
