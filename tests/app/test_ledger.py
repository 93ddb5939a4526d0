"""The root's ledger: states, faults and memory of its processes, where the router reads them."""

import asyncio
import os
import sys

import pytest

from cryptostream.app.ledger import KEPT, Ledger, fault_of, process_of
from cryptostream.process_tree import read_tree
from supervisors.branch import ChildStatus
from supervisors.events import Event, What
from tests.local_market import until

S = 1_000_000_000


def child(name="router", **changes):
    facts = {
        "kind": "process", "state": "running", "pid": os.getpid(), "restarts": 0,
        "last_error": "", "since": 0.0, "next_start": None,
    }  # fmt: skip
    return ChildStatus(name=name, **facts | changes)


def test_a_child_that_waits_for_its_restart_has_no_memory():
    waits = child(pid=None, state="backoff", restarts=3, last_error="SIGKILL", since=7.0)
    row = process_of(waits, 9.0, 100 * S, {})
    assert (row.state, row.restarts, row.last_error) == ("backoff", 3, "SIGKILL")
    assert (row.pid, row.memory, row.processes, row.since) == (None, None, 0, 98 * S)


def test_memory_is_that_of_a_process_and_all_below_it():
    row = process_of(child(pid=10), 1.0, S, {10: 1, 11: 10, 12: 11, 13: 1})
    assert row.processes == 3


def test_a_fault_has_the_words_of_its_event_without_the_trace():
    event = Event(What.FAILED, "feeds", 1.0, {"reason": "died", "code": "", "trace": "x" * 99})
    found = fault_of(event, 5)
    assert (found.ts, found.name, found.what, found.text) == (5, "feeds", "failed", "reason=died")


async def written(place, wanted):
    """Return the tree as soon as it is as wanted."""

    def found():
        tree = read_tree(place)
        return tree is not None and wanted(tree)

    await until(found)
    return read_tree(place)


@pytest.fixture
async def kept(tmp_path):
    rows = [child()]
    ledger = Ledger(tmp_path / "tree", lambda: rows)
    task = asyncio.create_task(ledger.run())
    yield ledger, rows, tmp_path / "tree"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_is_written_at_once_and_after_each_event(kept):
    ledger, rows, place = kept
    tree = await written(place, lambda _tree: True)
    assert [row.name for row in tree.processes] == ["root", "router"]
    assert all(row.memory > 0 for row in tree.processes)

    rows[0] = child(state="backoff", pid=None)
    ledger.hear(Event(What.FAILED, "router", 1.0, {"reason": "killed"}))
    tree = await written(place, lambda tree: tree.faults)
    assert tree.processes[1].state == "backoff"
    assert tree.faults[0].name == "router"


async def test_lines_and_reports_are_no_reason_and_faults_are_bounded(kept):
    ledger, _rows, place = kept
    first = await written(place, lambda _tree: True)
    ledger.hear(Event(What.OUTPUT, "router", 1.0, {"line": "x"}))
    ledger.hear(Event(What.REPORT, "router", 1.0, {"browsers": 1}))
    for number in range(KEPT + 5):
        ledger.hear(Event(What.KILLED, f"child-{number}", 1.0))
    tree = await written(place, lambda tree: tree.ts != first.ts)
    assert [fault.name for fault in (tree.faults[0], tree.faults[-1])] == ["child-5", "child-104"]


async def test_a_place_that_is_gone_is_no_reason_to_end(tmp_path):
    place = tmp_path / "not yet" / "tree"
    ledger = Ledger(place, lambda: [child()])
    task = asyncio.create_task(ledger.run())
    try:
        # The first attempt has failed when the directory is made, or finds it: both are well.
        place.parent.mkdir()
        ledger.hear(Event(What.READY, "router", 1.0))
        await written(place, lambda _tree: True)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_runs_below_a_process_counts_for_it(kept):
    ledger, rows, place = kept
    before = (await written(place, lambda _tree: True)).processes[1].processes
    pipe = asyncio.subprocess.PIPE
    below = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=pipe)
    try:
        ledger.hear(Event(What.READY, "router", 1.0))
        tree = await written(place, lambda tree: tree.processes[1].processes == before + 1)
        assert tree.processes[1].memory > tree.processes[0].memory
    finally:
        below.kill()
        await below.communicate()
    assert rows[0].pid == os.getpid()
