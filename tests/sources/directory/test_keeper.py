"""The directory of all exchanges, against real sockets; a failed check is never invalid."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from cryptostream.config.directory import Directory
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.directory import cache
from cryptostream.sources.directory.keeper import ListingDirectory
from cryptostream.symbols import Listing
from tests.local_market import until
from tests.sources.directory import samples

if TYPE_CHECKING:
    from pathlib import Path


def settings(url: str, **more: object) -> Directory:
    return Directory(**{"binance_url": url, "kraken_url": url, "coinbase_url": url, **more})


def simulated(url: str) -> Directory:
    return Directory(binance_url=url, kraken_url=url, coinbase_url="")


def kept_in(place: Path) -> int:
    """Return how many listings are on disk; one that is being written does not count."""
    return sum(name.endswith(".msgpack") for name in os.listdir(place))


async def test_the_listings_are_fetched_before_the_first_question(exchanges, tmp_path):
    async with ListingDirectory(settings(exchanges.url), tmp_path) as directory:
        assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID
        assert directory.check("KRAKEN:ETHEUR").tick_size == "0.01"
        assert directory.check("KRAKEN:XBTUSD").suggestions[0] == "KRAKEN:BTCUSD"
        assert directory.check("COINBASE:ETHUSD").listing is Listing.HALTED
        assert directory.check("COINBASE:NOSUCH").listing is Listing.INVALID
        assert directory.check("BITSTAMP:BTCUSD").listing is Listing.UNKNOWN
        described = directory.describe()
        assert (described["state"], described["symbols"]) == ("fetched", 11)
        await until(lambda: kept_in(tmp_path) == 3)


async def test_search_goes_over_all_exchanges(exchanges, tmp_path):
    async with ListingDirectory(settings(exchanges.url), tmp_path) as directory:
        assert directory.search("bitcoin", 2) == ["BINANCE:BTCUSDT", "COINBASE:BTCUSD"]
        assert directory.search("LUNC", 10) == []
        assert [row.symbol for row in directory.find("lunc", 1, "").rows] == ["BINANCE:LUNCUSDT"]
        assert [row.symbol for row in directory.find("eth", 5, "KRAKEN").rows] == ["KRAKEN:ETHEUR"]


@pytest.mark.parametrize("path", samples.LISTINGS)
async def test_one_exchange_that_fails_harms_no_other(exchanges, tmp_path, path):
    exchanges.refusals[path] = (500, {})

    async with ListingDirectory(settings(exchanges.url), tmp_path) as directory:
        listings = {
            exchange: directory.check(f"{exchange}:NOSUCH").listing
            for exchange in ("BINANCE", "KRAKEN", "COINBASE")
        }
        assert sorted(listings.values()) == ["invalid", "invalid", "unknown"]
        assert directory.describe()["state"] == "incomplete"
        assert any("HTTP 500" in note for note in directory.find("btc", 5, "").notes)


async def test_offline_the_kept_listings_answer_and_say_their_age(exchanges, tmp_path):
    async with ListingDirectory(settings(exchanges.url), tmp_path):
        await until(lambda: kept_in(tmp_path) == 3)
    for path in samples.LISTINGS:
        exchanges.refusals[path] = (503, {})

    # Due at once, so that the exchange is asked, and refuses.
    async with ListingDirectory(settings(exchanges.url, refresh=1e-9), tmp_path) as directory:
        await until(lambda: directory.describe()["why"].count("HTTP 503") == 3)
        assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID
        assert "503" in directory.check("BINANCE:BTCUSDT").text
        assert directory.check("BINANCE:NOSUCHCOIN").listing is Listing.INVALID
        assert directory.describe()["state"] == "from disk"
        assert directory.describe()["age"] >= 0


async def test_switched_off_it_knows_nothing_and_asks_nobody(exchanges, tmp_path):
    off = ListingDirectory(settings(exchanges.url, enabled=False), tmp_path)
    async with off:
        verdict = off.check("BINANCE:BTCUSDT")
        assert verdict.listing is Listing.UNKNOWN
        assert "switched off" in verdict.text
        assert off.search("btc", 5) == []
        assert "switched off" in off.find("btc", 5, "").notes[0]
        assert off.describe()["state"] == "missing"
    assert exchanges.asked == {}
    assert os.listdir(tmp_path) == []


async def test_without_the_cache_nothing_is_written(exchanges, tmp_path):
    async with ListingDirectory(settings(exchanges.url, cache=False), tmp_path) as directory:
        assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID
    assert os.listdir(tmp_path) == []


async def test_a_fault_of_our_own_ends_what_relies_on_the_directory(exchanges, tmp_path):
    exchanges.refusals[samples.KRAKEN] = (500, {})
    file = cache.file_of(tmp_path, "KRAKEN", exchanges.url)
    directory = ListingDirectory(settings(exchanges.url), tmp_path)
    keeper = next(one for one in directory._keepers if one._file == file)
    keeper._file = 7  # what no setting can make of it

    with pytest.RaisesGroup(AttributeError):
        async with directory, asyncio.timeout(20):
            await asyncio.Event().wait()


async def test_the_simulated_market_is_listed(tmp_path):
    async with (
        SimServer(SimSettings(port=0)) as sim,
        ListingDirectory(simulated(sim.url), tmp_path) as directory,
    ):
        verdict = directory.check("BINANCE:BTCUSDT")
        assert (verdict.listing, verdict.tick_size, verdict.precision) == (Listing.VALID, "0.01", 2)
        assert directory.check("BINANCE:NOSUCHCOIN").listing is Listing.INVALID
        assert directory.check("BINANCE:LUNCUSDT").listing is Listing.HALTED
        assert directory.check("KRAKEN:ETHEUR").listing is Listing.VALID


@pytest.mark.parametrize(
    "fault", ["directory_down", "directory_451", "directory_429", "directory_html"]
)
async def test_a_failed_check_is_unknown_never_invalid(tmp_path: Path, fault: str) -> None:
    async with SimServer(SimSettings(port=0)) as sim:
        sim.faults.set(fault)
        async with ListingDirectory(simulated(sim.url), tmp_path) as directory:
            assert directory.check("BINANCE:NOSUCHCOIN").listing is Listing.UNKNOWN
            assert directory.describe()["exchanges"][0]["state"] == "missing"
