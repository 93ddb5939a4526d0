"""Nobody is left behind, however the owner ends."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervisors.clock import MonotonicClock
from supervisors.events import Emitter, What
from supervisors.guard import CHILD, between_programs, family, fields_of, reap, tagged
from supervisors.lifeline import Lifeline, new_token
from tests.supervisors.trees import DEADLINE, exists, gone, process, tree, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

SLEEP = [sys.executable, "-S", "-c", "import time; print(flush=True); time.sleep(3600)"]


@pytest.fixture
def roots():
    """Roots that are killed whatever becomes of the test."""
    started = []
    yield started
    for root in started:
        if root.returncode is None:
            os.kill(root.pid, signal.SIGKILL)


async def start_root(roots, *children):
    """Start a root of its own; return it, its token and the pids its children reported."""
    root = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).parent / "root.py"), *children),
        stdout=asyncio.subprocess.PIPE,
    )
    roots.append(root)
    async with asyncio.timeout(DEADLINE):
        words = (await root.stdout.readline()).split()
    return root, words[0].decode(), [int(word) for word in words[1:]]


async def kill_root(root):
    root.kill()
    await root.wait()
    root._transport.close()


async def test_no_process_is_left_when_the_root_is_killed(roots):
    root, token, pids = await start_root(roots, "serve", "with_grandchild", "deaf")
    assert len(await asyncio.to_thread(tagged, token)) == 4
    await kill_root(root)
    await gone(token)
    await until(lambda: not any(exists(pid) for pid in pids))


async def test_no_process_is_left_when_the_root_is_killed_while_a_child_is_stopped(roots):
    root, token, pids = await start_root(roots, "with_grandchild", "serve")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    await kill_root(root)
    await gone(token)


@pytest.mark.parametrize("how", ["return", "raise"])
async def test_no_process_is_left_when_the_loop_ends_without_a_stop(how):
    root = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).parent / "careless.py"), how),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEADLINE):
        out, _ = await root.communicate()
    await gone(out.decode().strip())


async def test_the_guard_alone_is_enough():
    """Its layer is proved by a tree whose members were never told about parents."""
    token = new_token()
    guard = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", sys.modules["supervisors.guard"].__file__, token, "5"),
        stdin=asyncio.subprocess.PIPE,
    )
    sleepers = [await asyncio.to_thread(orphan, token) for _ in range(3)]
    assert sorted(await asyncio.to_thread(tagged, token)) == sorted(
        sleeper.pid for sleeper in sleepers
    )
    guard.stdin.close()
    async with asyncio.timeout(DEADLINE):
        await guard.wait()
    assert [await asyncio.to_thread(sleeper.wait, DEADLINE) for sleeper in sleepers] == [
        -signal.SIGKILL
    ] * 3


async def test_a_guard_that_dies_is_replaced(run, hook):
    supervisor = await run(tree(process("a", "serve")))
    before = await asyncio.to_thread(guards, supervisor.token)
    os.kill(before[0], signal.SIGKILL)
    await hook.wait_for(lambda e: e.child == "root (guard)")
    await until(lambda: guards(supervisor.token) not in ([], before))


def guards(token):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and exists(entry.name):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if token.encode() in words:
                found.append(int(entry.name))
    return found


async def test_the_guard_leaves_with_its_root(run):
    supervisor = await run(tree(process("a", "serve")))
    assert len(await asyncio.to_thread(guards, supervisor.token)) == 1
    await supervisor.stop()
    assert await asyncio.to_thread(guards, supervisor.token) == []


def test_the_family_includes_descendants_that_hide_their_environment():
    token = new_token()
    code = (
        "import subprocess, sys, time;"
        "sleep = 'import time; time.sleep(3600)';"
        "c = subprocess.Popen([sys.executable, '-S', '-c', sleep], env={});"
        "print(c.pid, flush=True); time.sleep(3600)"
    )
    parent = orphan(token, [sys.executable, "-S", "-c", code])
    hidden = int(parent.first_line)
    assert hidden not in tagged(token)
    assert hidden in family(token)[0]
    assert set(reap(token, DEADLINE)) == {parent.pid, hidden}
    parent.wait(DEADLINE)


def test_a_process_between_two_programs_is_told_from_one_without_environment():
    """Fields 23 (size) and 51 (end of the environment) of proc(5) decide."""
    ordinary = fields_of(Path("/proc/self/stat").read_text())
    assert not between_programs(ordinary)
    assert between_programs([*ordinary[:48], "0", *ordinary[49:]])
    zombie = [*ordinary[:20], "0", *ordinary[21:48], "0", *ordinary[49:]]
    assert not between_programs(zombie)
    assert not between_programs([])
    assert fields_of("1 (a) b) R 7 ")[:2] == ["R", "7"]


def test_a_process_is_found_however_soon_after_its_start():
    """Right after Popen returns, a new program has no environment yet, in one case of twenty."""
    for _ in range(50):
        token = new_token()
        started = subprocess.Popen(["/bin/sleep", "3600"], env=os.environ | {CHILD: token})
        assert reap(token, DEADLINE) == [started.pid]
        assert started.wait(DEADLINE) == -signal.SIGKILL


def test_reaping_nobody_is_quick_and_kills_nobody():
    assert reap(new_token(), 0.0) == []


def orphan(token, command=SLEEP):
    started = subprocess.Popen(
        command,
        env=os.environ | {CHILD: f"outer/{token}"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    started.first_line = started.stdout.readline()
    started.stdout.close()
    return started


class Stubborn(Lifeline):
    """A lifeline that cannot start so many guards after its first one."""

    def __init__(self, refusals=0):
        self.heard = []
        clock = MonotonicClock()
        super().__init__("tree", Emitter(self.heard.append, clock), clock)
        self.started = 0
        self._refusals = refusals

    async def _start_guard(self):
        if self.started and self._refusals:
            self._refusals -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        self.started += 1
        return await super()._start_guard()


async def test_a_guard_that_cannot_be_replaced_is_told_and_tried_again():
    lifeline = Stubborn(refusals=1)
    await lifeline.ensure_guard()
    lifeline._guard.kill()

    await until(lambda: lifeline.started == 2)

    assert [(one.what, one.detail["code"]) for one in lifeline.heard] == [
        (What.FAILED, "guard"),
        (What.FAILED, "guard"),
    ]
    assert "Too many open files" in lifeline.heard[1].detail["reason"]
    assert lifeline._guard.returncode is None
    await lifeline.close()


async def test_children_that_start_together_share_one_guard():
    lifeline = Stubborn()

    await asyncio.gather(*(lifeline.ensure_guard() for _ in range(3)))

    assert lifeline.started == 1
    await lifeline.close()
