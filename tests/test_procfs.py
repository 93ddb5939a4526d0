"""What /proc says of processes."""

import os
import subprocess
import sys

from cryptostream import procfs


def test_descendants_are_the_roots_and_all_below_them():
    known = {2: 1, 3: 2, 4: 3, 5: 1}
    assert procfs.descendants([2], known) == {2, 3, 4}
    assert procfs.descendants([2, 5, 99], known) == {2, 3, 4, 5}
    assert procfs.descendants([], known) == set()


def test_this_process_has_a_parent_and_takes_memory():
    assert procfs.parents()[os.getpid()] == os.getppid()
    assert 1_000_000 < procfs.memory([os.getpid()]) < 10_000_000_000


def test_who_has_ended_takes_nothing_and_is_nobodys_child():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert child.pid not in procfs.parents()
    assert procfs.stat_fields(child.pid) == []
    assert procfs.memory([child.pid]) == 0
