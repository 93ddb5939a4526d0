"""The list of coins on disk."""

from cryptostream.sources.coingecko.listing import OLD_AFTER, Listing, file_of, read, write

URL = "http://127.0.0.1:1/api/v3"
LISTING = Listing(url=URL, fetched=1000.0, coins={"btc": ["bitcoin"]})


def test_what_is_kept_is_read_again(tmp_path):
    file = file_of(tmp_path / "deep", URL)
    assert read(file, URL) is None
    write(file, LISTING)
    assert read(file, URL) == LISTING
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_another_address_has_another_file(tmp_path):
    assert file_of(tmp_path, URL) != file_of(tmp_path, URL + "/other")
    write(file_of(tmp_path, URL), LISTING)
    assert read(file_of(tmp_path, URL), URL + "/other") is None


def test_a_broken_file_is_ignored(tmp_path):
    file = file_of(tmp_path, URL)
    for content in (b"", b"\xc1", b"\x80", b"\x91" * 100_000):
        file.write_bytes(content)
        assert read(file, URL) is None


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path):
    (tmp_path / "file").write_text("")
    write(file_of(tmp_path / "file", URL), LISTING)


def test_it_grows_old_in_a_day_and_is_not_from_the_future():
    assert not LISTING.is_old(1000.0 + OLD_AFTER - 1)
    assert LISTING.is_old(1000.0 + OLD_AFTER)
    assert LISTING.is_old(999.0)
