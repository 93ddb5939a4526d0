"""One browser after the other: when, and what happens when one of two dies meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from loguru import logger

from cryptostream.config.settings import Config
from cryptostream.errors import SourceError
from cryptostream.sources.tradingview.engines import Engines
from cryptostream.sources.tradingview.recycling import RecycleRules
from tests.integration.conftest import cmdline
from tests.local_market import DEADLINE, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from cryptostream.sources.tradingview.engine import Engine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(60),
    pytest.mark.usefixtures("require_browser", "no_orphans"),
]


class Pages:
    """Stands for the pages: they have moved when the test says so."""

    def __init__(self) -> None:
        self.moves: list[Engine] = []
        self.losses: list[tuple[int, int]] = []
        self.may_move = asyncio.Event()
        self.may_move.set()

    async def move_to(self, engine: Engine) -> None:
        self.moves.append(engine)
        await self.may_move.wait()

    def lost(self, engine: Engine, instead: Engine) -> None:
        self.losses.append((engine.number, instead.number))


@pytest.fixture
def said() -> Iterator[list[str]]:
    lines: list[str] = []
    logger.enable("cryptostream")  # a daemon that another test embedded has turned it off
    sink = logger.add(lines.append, level="INFO", format="{message}")
    yield lines
    logger.remove(sink)


@asynccontextmanager
async def running(
    place: Path, **browsers: Any
) -> AsyncIterator[tuple[Engines, Pages, asyncio.Task[None]]]:
    config = Config(runtime_dir=str(place))
    settings = msgspec.structs.replace(config.browsers, **browsers)
    engines = Engines(msgspec.structs.replace(config, browsers=settings), "browser-0", look=0.05)
    pages = Pages()
    try:
        await engines.start()
        work = asyncio.create_task(engines.run(pages))
        yield engines, pages, work
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    finally:
        await engines.stop()
    assert os.listdir(place) == []


async def test_a_browser_that_is_old_is_replaced_and_ended(tmp_path: Path) -> None:
    async with running(tmp_path, recycle_after=0.5) as (engines, pages, _):
        first = engines.current.pid
        await until(lambda: len(pages.moves) >= 2)

        assert [engine.number for engine in pages.moves[:2]] == [2, 3]
        assert cmdline(first) == b""
        assert pages.losses == []


async def test_a_browser_that_is_big_is_replaced(tmp_path: Path, said: list[str]) -> None:
    async with running(tmp_path, recycle_after=0.0) as (engines, pages, _):
        engines._rules = RecycleRules(after=0.0, above=1, rest=0.0)

        await until(lambda: any("serves" in line for line in said))

        assert any("MiB, more than 0" in line for line in said)
        # What a fresh browser takes anyway is no reason to replace it again.
        assert [engine.number for engine in pages.moves] == [2]


async def test_without_a_fresh_browser_the_old_one_goes_on(tmp_path: Path, said: list[str]) -> None:
    async with running(tmp_path, recycle_after=0.5) as (engines, pages, work):
        first = engines.current.pid
        gone = msgspec.structs.replace(engines._config.browsers, path="/bin/false")
        engines._config = msgspec.structs.replace(engines._config, browsers=gone)

        await until(lambda: any("no fresh browser, the old one goes on" in line for line in said))

        assert (engines.current.pid, pages.moves, work.done()) == (first, [], False)
        assert cmdline(first) != b""


async def test_a_fresh_browser_that_dies_while_pages_move_leaves_the_old_one_in_place(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, recycle_after=0.5) as (engines, pages, work):
        old = engines.current
        pages.may_move.clear()
        await until(lambda: pages.moves)

        os.kill(pages.moves[0].pid, signal.SIGKILL)

        await until(lambda: pages.losses)
        assert pages.losses == [(2, 1)]
        await until(lambda: engines._leaving is None)
        assert engines.current is old
        assert not work.done()


async def test_an_old_browser_that_dies_while_pages_move_leaves_the_fresh_one(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, recycle_after=0.5) as (engines, pages, work):
        old = engines.current.pid
        pages.may_move.clear()
        await until(lambda: pages.moves)

        os.kill(old, signal.SIGKILL)

        await until(lambda: pages.losses)
        assert pages.losses == [(1, 2)]
        assert engines.current.number == 2
        assert not work.done()


async def test_the_only_browser_that_dies_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as (engines, _, work):
        os.kill(engines.current.pid, signal.SIGKILL)

        async with asyncio.timeout(DEADLINE):
            with pytest.raises(SourceError) as failure:
                await work
        assert failure.value.code == "browser_gone"
