"""One exchange's listing over time: from disk, fetched, confirmed, failed, mended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from cryptostream.sources.directory import cache
from cryptostream.sources.directory.exchanges import KRAKEN
from cryptostream.sources.directory.instruments import FORM, Instrument, Kept
from cryptostream.sources.directory.keeping import ListingKeeper
from cryptostream.sources.directory.pace import Pace
from supervisors.spec import Backoff
from tests.local_market import until
from tests.sources.directory.samples import KRAKEN as PATH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OLD = Instrument(ticker="OLDUSD", base="OLD", quote="USD", status="online", trading=True)


class Case:
    """A keeper that runs against an exchange of the test's own, with short times."""

    def __init__(self, url: str, place: Path, *, refresh: float = 3600.0) -> None:
        self.url = url
        self.file = cache.file_of(place, "KRAKEN", url)
        pace = Pace(refresh, Backoff(first=0.01, factor=1.0, cap=0.01))
        self.keeper = ListingKeeper(KRAKEN, url, self.file, pace)

    async def put_on_disk(self, *, age: float, etag: str = "") -> None:
        kept = Kept(
            form=FORM,
            exchange="KRAKEN",
            url=self.url,
            fetched=time.time_ns() / 1e9 - age,
            etag=etag,
            instruments=(OLD,),
        )
        await asyncio.to_thread(cache.write, self.file, kept)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[ListingKeeper]:
        async with aiohttp.ClientSession() as http:
            task = asyncio.create_task(self.keeper.run(http))
            try:
                async with asyncio.timeout(20):
                    await self.keeper.tried.wait()
                    yield self.keeper
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def tickers(self) -> set[str]:
        index = self.keeper.standing.index
        return set() if index is None else set(index.by_ticker)


@pytest.fixture
def case(exchanges, tmp_path) -> Case:
    return Case(exchanges.url, tmp_path)


async def test_without_a_file_the_listing_is_fetched_and_kept(case):
    async with case.running() as keeper:
        assert (keeper.standing.state, keeper.standing.why) == ("fetched", "")
        assert "BTCUSD" in case.tickers()

    kept = await asyncio.to_thread(cache.read, case.file, "KRAKEN", case.url)
    assert kept is not None
    assert {one.ticker for one in kept.instruments} == case.tickers()


async def test_a_young_file_is_enough_and_nobody_is_asked(case, exchanges):
    await case.put_on_disk(age=60.0)

    async with case.running() as keeper:
        assert (keeper.standing.state, keeper.standing.why) == ("from disk", "")
        assert case.tickers() == {"OLDUSD"}
        assert exchanges.asked == {}


async def test_an_older_file_answers_until_the_new_listing_is_there(case, exchanges):
    await case.put_on_disk(age=7200.0)

    async with case.running() as keeper:
        await exchanges.until_asked(PATH, 1)
        await until(lambda: keeper.standing.state == "fetched")
        assert "BTCUSD" in case.tickers()


async def test_a_listing_that_is_confirmed_is_young_again(case, exchanges):
    exchanges.etags[PATH] = '"v1"'
    await case.put_on_disk(age=7200.0, etag='"v1"')

    async with case.running() as keeper:
        await until(lambda: keeper.standing.state == "fetched")
        assert case.tickers() == {"OLDUSD"}
        assert keeper.standing.age(time.time_ns() / 1e9) < 60.0
        assert exchanges.asked[PATH][0]["If-None-Match"] == '"v1"'


async def test_offline_the_file_answers_with_its_age_and_the_reason(case, exchanges):
    exchanges.refusals[PATH] = (503, {})
    await case.put_on_disk(age=7200.0)

    async with case.running() as keeper:
        await until(lambda: "503" in keeper.standing.why)
        assert keeper.standing.state == "from disk"
        assert keeper.standing.age(time.time_ns() / 1e9) >= 7200.0
        assert case.tickers() == {"OLDUSD"}


async def test_after_failures_it_is_tried_again_until_it_works(case, exchanges):
    exchanges.refusals[PATH] = (500, {})

    async with case.running() as keeper:
        assert keeper.standing.state == "missing"
        assert "500" in keeper.standing.why
        await exchanges.until_asked(PATH, 3)
        exchanges.refusals.clear()
        await until(lambda: keeper.standing.state == "fetched")
        assert keeper.standing.why == ""


async def test_a_listing_is_fetched_again_at_its_age(exchanges, tmp_path):
    case = Case(exchanges.url, tmp_path, refresh=0.01)

    async with case.running():
        await exchanges.until_asked(PATH, 3)


async def test_a_body_that_is_no_listing_does_not_replace_the_one_that_is_there(
    exchanges, tmp_path
):
    case = Case(exchanges.url, tmp_path, refresh=0.01)

    async with case.running() as keeper:
        exchanges.bodies[PATH] = b'{"error": [], "result": {}}'
        await until(lambda: "nothing in it" in keeper.standing.why)
        assert "BTCUSD" in case.tickers()
        assert keeper.standing.state == "fetched"
