"""The file between root and router: whole or not at all, and never a reason to fail."""

import pytest

from cryptostream.process_tree import Process, ProcessFault, ProcessTree, read_tree, write_tree

ONE = Process("router", "running", 7, 1, "killed by SIGKILL", 5, memory=4096, processes=1)
TREE = ProcessTree(
    ts=9, pid=3, processes=(ONE,), faults=(ProcessFault(8, "router", "failed", "SIGKILL"),)
)


def test_what_was_written_is_read(tmp_path):
    place = tmp_path / "tree"
    write_tree(place, TREE)
    assert read_tree(place) == TREE
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"ts":"x","pid":1}', b"\xff\xfe"])
def test_what_cannot_be_read_is_nothing(tmp_path, content):
    place = tmp_path / "tree"
    assert read_tree(place) is None
    place.write_bytes(content)
    assert read_tree(place) is None


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="no"):
        write_tree(tmp_path / "no" / "tree", TREE)


def test_nothing_is_left_beside_it_when_it_cannot_be_replaced(tmp_path):
    place = tmp_path / "tree"
    place.mkdir()
    with pytest.raises(OSError, match="tree"):
        write_tree(place, TREE)
    assert list(tmp_path.iterdir()) == [place]
