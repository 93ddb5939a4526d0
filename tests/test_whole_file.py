"""A file is replaced as a whole, or stays as it was."""

import pytest

from cryptostream.whole_file import replace_file


@pytest.mark.parametrize("lasting", [True, False])
def test_the_new_file_stands_in_the_place_of_the_old_one_alone(tmp_path, lasting):
    path = tmp_path / "listing.msgpack"
    for body in (b"old and long", b"new"):
        replace_file(path, body, lasting=lasting)
        assert path.read_bytes() == body
        assert list(tmp_path.iterdir()) == [path]


def test_it_has_the_mode_that_was_asked_for(tmp_path):
    replace_file(tmp_path / "tokens", b"secret", mode=0o600)
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o600


def test_a_failure_is_told_and_leaves_nothing(tmp_path):
    place = tmp_path / "a directory"
    place.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(place, b"new")
    assert list(tmp_path.iterdir()) == [place]
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "no" / "file", b"new")
