"""The listings on disk: whole or not there, and never taken for another."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cryptostream.sources.directory import cache
from cryptostream.sources.directory.instruments import FORM, Instrument, Kept

URL = "https://api.example"
KEPT = Kept(
    form=FORM,
    exchange="KRAKEN",
    url=URL,
    fetched=1_800_000_000.5,
    etag='"v1"',
    instruments=(
        Instrument(
            ticker="BTCUSD", base="BTC", quote="USD", status="online", trading=True, precision=1
        ),
    ),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return cache.file_of(tmp_path / "not yet", "KRAKEN", URL)


def test_what_was_written_is_read_and_nothing_else_is_left(file):
    cache.write(file, KEPT)

    assert cache.read(file, "KRAKEN", URL) == KEPT
    assert list(file.parent.iterdir()) == [file]


def test_no_file_is_no_listing(file):
    assert cache.read(file, "KRAKEN", URL) is None


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x80", b"\x93\x01\x02\x03", b"\x91" * 100_000])
def test_a_broken_file_is_ignored(file, body):
    cache.write(file, KEPT)
    file.write_bytes(body)

    assert cache.read(file, "KRAKEN", URL) is None


@pytest.mark.parametrize(
    "change",
    [{"form": FORM + 1}, {"exchange": "BINANCE"}, {"url": "https://other"}, {"instruments": ()}],
)
def test_another_listing_is_not_taken_for_this_one(file, change):
    cache.write(file, msgspec.structs.replace(KEPT, **change))

    assert cache.read(file, "KRAKEN", URL) is None


def test_a_place_that_cannot_be_written_harms_nobody(tmp_path):
    (tmp_path / "taken").write_text("a file where a directory should be")
    file = cache.file_of(tmp_path / "taken", "KRAKEN", URL)

    cache.write(file, KEPT)

    assert cache.read(file, "KRAKEN", URL) is None


def test_each_exchange_and_address_has_a_file_of_its_own(tmp_path):
    files = {
        cache.file_of(tmp_path, exchange, url)
        for exchange in ("KRAKEN", "BINANCE")
        for url in (URL, "http://127.0.0.1:7790")
    }
    assert len(files) == 4


@pytest.mark.parametrize(
    ("base", "expected"), [("/var/cache/me", "/var/cache/me"), ("relative", ""), ("", "")]
)
def test_the_place_is_the_users_cache(monkeypatch, base, expected):
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    root = Path(expected) if expected else Path.home() / ".cache"
    assert cache.cache_dir() == root / "cryptostream"
