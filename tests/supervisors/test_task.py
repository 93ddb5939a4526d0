"""Children that are tasks, on a clock turned by hand."""

import asyncio

import pytest

from supervisors.errors import StartFailed
from supervisors.events import What
from supervisors.spec import Backoff, Heartbeat, Restart, Shutdown
from supervisors.supervisor import Supervisor
from supervisors.testing import ManualClock, RecordingHook, StubChild, settle
from tests.supervisors.trees import task, tree


class Stage:
    """A tree of tasks on a manual clock."""

    def __init__(self, *children, **settings):
        self.clock, self.hook = ManualClock(), RecordingHook()
        self.supervisor = Supervisor(
            tree(*children, **settings), hook=self.hook, clock=self.clock, rng=lambda: 1.0
        )

    async def __aenter__(self):
        await self.supervisor.start()
        return self

    async def __aexit__(self, *_exc):
        stopping = asyncio.create_task(self.supervisor.stop())
        while not stopping.done():
            await self.clock.advance(0.5)
        await stopping

    def states(self):
        return {child.name: child.state for child in self.supervisor.children()}


async def test_a_failed_task_waits_for_its_delay_and_comes_back():
    stub = StubChild()
    async with Stage(task("a", stub, backoff=Backoff(first=2, cap=2))) as stage:
        stub.fail(ValueError("bad"))
        await settle()
        (status,) = stage.supervisor.children()
        assert (status.state, status.next_start, status.last_error) == (
            "backoff",
            2.0,
            "ValueError: bad",
        )
        await stage.clock.advance(1.9)
        assert stub.lives == 1
        await stage.clock.advance(0.1)
        assert stub.lives == 2
        assert stage.states() == {"a": "running"}


async def test_the_trace_of_a_failed_task_reaches_the_hook():
    stub = StubChild()
    async with Stage(task("a", stub)) as stage:
        stub.fail(ValueError("bad"))
        failed = await stage.hook.wait_for(lambda e: e.what is What.FAILED)
        assert "testing.py" in failed.detail["trace"]


async def test_a_task_that_stops_beating_is_cancelled_and_comes_back():
    stub = StubChild()
    beat = Heartbeat(interval=1, timeout=3)
    async with Stage(task("a", stub, heartbeat=beat)) as stage:
        for _ in range(10):
            await stage.clock.advance(1)
            stub.beat()
        assert stub.lives == 1
        await stage.clock.advance(3)
        assert stage.hook.of(What.HUNG, "a")
        await stage.clock.advance(1)
        assert stub.lives == 2


async def test_a_task_that_is_never_ready_is_late():
    stub = StubChild(auto_ready=False)
    stage = Stage(task("a", stub, ready_within=10))
    starting = asyncio.create_task(stage.supervisor.start())
    await stage.clock.advance(9.9)
    assert not starting.done()
    await stage.clock.advance(0.2)
    with pytest.raises(StartFailed, match="not ready within 10 s"):
        await starting


async def test_a_deaf_task_is_cancelled_after_being_asked():
    stub = StubChild(deaf=True)
    async with Stage(task("a", stub, shutdown=Shutdown(ask=3))) as stage:
        stopping = asyncio.create_task(stage.supervisor.stop())
        await stage.clock.advance(2.9)
        assert stage.states() == {"a": "stopping"}
        await stage.clock.advance(0.2)
        await stopping
        assert [e.detail["rung"] for e in stage.hook.of(What.KILLED)] == ["cancel"]


async def test_a_task_that_refuses_to_be_cancelled_is_abandoned():
    free = asyncio.Event()

    async def stubborn(child):
        child.ready()
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    async with Stage(task("a", stubborn, restart=Restart.TEMPORARY)) as stage:
        stopping = asyncio.create_task(stage.supervisor.stop())
        await stage.clock.advance(10)
        await stopping
        assert stage.hook.of(What.ABANDONED, "a")
        free.set()
        await settle()


async def test_a_task_cannot_end_the_program():
    async def leave(child, status):
        child.ready()
        raise SystemExit(status)

    bad = task("bad", leave, arguments={"status": 3}, restart=Restart.TEMPORARY)
    good = task("good", leave, arguments={"status": 0}, restart=Restart.TEMPORARY)
    async with Stage(good, bad) as stage:
        await settle()
        assert stage.states() == {"good": "stopped", "bad": "failed"}


async def test_a_task_that_cancels_itself_has_failed():
    async def giving_up(child):
        child.ready()
        raise asyncio.CancelledError

    async with Stage(task("a", giving_up, restart=Restart.TEMPORARY)) as stage:
        failed = await stage.hook.wait_for(lambda e: e.what is What.FAILED)
        assert failed.detail["reason"] == "it cancelled itself"


async def test_a_task_may_be_named_by_a_text_and_gets_its_arguments():
    spec = task("a", "tests.supervisors.children:serve", arguments={"x": (1, object)})
    async with Stage(spec) as stage:
        (report,) = stage.hook.of(What.REPORT, "a")
        assert report.detail["arguments"] == {"x": (1, object)}


async def test_delays_grow_up_to_the_cap_and_are_forgotten_after_a_stable_run():
    stub = StubChild()
    backoff = Backoff(first=1, factor=2, cap=4, reset_after=30)
    async with Stage(task("a", stub, backoff=backoff)) as stage:
        for life in range(1, 6):
            stub.fail(ValueError("bad"))
            await stage.clock.advance(4)
            assert stub.lives == life + 1
        await stage.clock.advance(30)
        stub.fail(ValueError("bad"))
        await settle()
        delays = [e.detail["delay"] for e in stage.hook.of(What.BACKOFF)]
        assert delays == [1, 2, 4, 4, 4, 1]
