"""Wishes that outlive the router."""

from cryptostream.router.intentions import Intention, IntentionFile

WISH = Intention("operator", 100.0, 1_000, ("BINANCE:BTCUSDT",))


def test_what_was_written_is_read_again(tmp_path):
    IntentionFile(tmp_path / "wishes").write([WISH])

    assert IntentionFile(tmp_path / "wishes").read(now_ns=999) == [WISH]


def test_a_wish_whose_lease_has_ended_is_not_read(tmp_path):
    IntentionFile(tmp_path / "wishes").write([WISH])

    assert IntentionFile(tmp_path / "wishes").read(now_ns=1_000) == []


def test_a_missing_or_broken_file_is_no_wish(tmp_path):
    place = tmp_path / "wishes"
    assert IntentionFile(place).read(0) == []

    place.write_bytes(b"\xc1 broken")
    assert IntentionFile(place).read(0) == []


def test_only_a_change_of_wishes_differs_not_one_of_times(tmp_path):
    file = IntentionFile(tmp_path / "wishes")
    assert file.differ([WISH])
    file.write([WISH])

    assert not file.differ([Intention("operator", 100.0, 2_000, ("BINANCE:BTCUSDT",))])
    assert file.differ([Intention("operator", 100.0, 2_000, ("BINANCE:ETHUSDT",))])
    assert file.differ([])


def test_a_place_that_cannot_be_written_is_told_and_not_tried_again_and_again(tmp_path):
    file = IntentionFile(tmp_path / "no" / "such" / "folder")
    file.write([WISH])

    assert not file.differ([WISH])
