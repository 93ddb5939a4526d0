"""Which page an address is, and which processes are whose."""

import os
import subprocess
import sys

import pytest

from bench import procfs
from bench.counter import Counter
from bench.paints import symbol_of


@pytest.mark.parametrize(
    ("address", "symbol"),
    [
        ("http://x:1/symbols/BTCUSDT/?exchange=BINANCE&rate=20", "BINANCE:BTCUSDT"),
        ("http://x:1/symbols/BTCUSDT/", ""),
        ("about:blank", ""),
    ],
)
def test_a_page_is_known_by_its_address(address, symbol):
    assert symbol_of(address) == symbol


def test_a_tree_holds_descendants():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert {os.getpid(), child.pid} <= procfs.tree(os.getpid())
        assert procfs.memory_mib([child.pid]) > 0
        child.communicate()


def test_processor_time_between_two_looks_counts_newcomers_in_full():
    assert procfs.spent({1: 1.0, 2: 5.0}, {1: 1.5, 3: 2.0}) == 2.5


def test_a_counter_is_seen_by_whoever_has_its_file(tmp_path):
    place = str(tmp_path / "counter")
    writer, reader = Counter(place), Counter(place)
    writer.set(41)
    assert reader.value() == 41
