"""The symbol directory: valid, invalid and unknown told apart; a failed check is never invalid."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cryptostream.config.settings import Directory
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.directory import Cached, ListingDirectory, find, judge
from cryptostream.symbols import Listing
from tests.local_market import until

if TYPE_CHECKING:
    from pathlib import Path

SYMBOLS = {"BTCUSDT": "TRADING", "ETHUSDT": "TRADING", "ETHBTC": "TRADING", "LUNCUSDT": "BREAK"}


@pytest.mark.parametrize(
    ("symbol", "listing"),
    [
        ("BINANCE:BTCUSDT", Listing.VALID),
        ("BINANCE:LUNCUSDT", Listing.HALTED),
        ("BINANCE:BTCUSTD", Listing.INVALID),
        ("BINANCE:BTCUSDT.P", Listing.UNKNOWN),
        ("KRAKEN:ETHEUR", Listing.UNKNOWN),
    ],
)
def test_a_symbol_is_judged_by_the_listing(symbol: str, listing: Listing) -> None:
    assert judge(symbol, SYMBOLS, "").listing is listing


def test_without_a_listing_everything_is_unknown_and_says_why() -> None:
    verdict = judge("BINANCE:NOSUCH", None, "HTTP 500")

    assert verdict.listing is Listing.UNKNOWN
    assert "HTTP 500" in verdict.text


def test_a_near_miss_names_the_nearest_first() -> None:
    assert judge("BINANCE:BTCUSTD", SYMBOLS, "").suggestions[0] == "BINANCE:BTCUSDT"
    assert judge("BINANCE:XQZ", SYMBOLS, "").suggestions == ()


def test_search_prefers_what_begins_with_the_text() -> None:
    assert find("eth", SYMBOLS, 10) == ["BINANCE:ETHBTC", "BINANCE:ETHUSDT"]
    assert find("btc", SYMBOLS, 10) == ["BINANCE:BTCUSDT", "BINANCE:ETHBTC"]
    assert find("btc", SYMBOLS, 1) == ["BINANCE:BTCUSDT"]
    assert "BINANCE:LUNCUSDT" not in find("LUNC", SYMBOLS, 10)


def settings(url: str, **more: object) -> Directory:
    return Directory(binance_url=url, **more)


async def test_the_listing_is_fetched_before_the_first_question(tmp_path: Path) -> None:
    async with (
        SimServer(SimSettings(port=0)) as sim,
        ListingDirectory(settings(sim.url), tmp_path) as directory,
    ):
        assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID
        assert directory.check("BINANCE:NOSUCHCOIN").listing is Listing.INVALID
        assert directory.describe()["state"] == "fetched"


@pytest.mark.parametrize(
    "fault", ["directory_down", "directory_451", "directory_429", "directory_html"]
)
async def test_a_failed_check_is_unknown_never_invalid(tmp_path: Path, fault: str) -> None:
    async with SimServer(SimSettings(port=0)) as sim:
        sim.faults.set(fault)
        async with ListingDirectory(settings(sim.url), tmp_path) as directory:
            assert directory.check("BINANCE:NOSUCHCOIN").listing is Listing.UNKNOWN
            assert directory.describe()["state"] == "missing"


async def test_offline_the_kept_listing_answers_and_says_its_age(tmp_path: Path) -> None:
    async with SimServer(SimSettings(port=0)) as sim:
        url = sim.url
        async with ListingDirectory(settings(url), tmp_path) as directory:
            await until(lambda: os.listdir(tmp_path))
            assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID

    async with ListingDirectory(settings(url), tmp_path) as directory:
        assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID
        described = directory.describe()
        assert described["state"] == "from disk"
        assert described["age"] is not None


async def test_a_broken_file_is_ignored(tmp_path: Path) -> None:
    async with SimServer(SimSettings(port=0)) as sim:
        directory = ListingDirectory(settings(sim.url), tmp_path)
        directory._file.write_bytes(b"\xc1")
        async with directory:
            assert directory.check("BINANCE:BTCUSDT").listing is Listing.VALID


async def test_switched_off_it_knows_nothing_and_asks_nobody(tmp_path: Path) -> None:
    async with ListingDirectory(settings("http://127.0.0.1:1", enabled=False), tmp_path) as off:
        assert off.check("BINANCE:BTCUSDT").listing is Listing.UNKNOWN
        assert off.search("btc", 5) == []
    assert os.listdir(tmp_path) == []


def test_a_kept_listing_holds_its_origin() -> None:
    assert Cached(url="u", fetched=1.0, symbols=SYMBOLS).url == "u"
