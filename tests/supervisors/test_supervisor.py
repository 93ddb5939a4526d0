"""Whole trees: order, escalation, orders to a running tree, signals, threads."""

import asyncio
import os
import signal
import threading

import pytest

from supervisors.errors import Escalated, NotRunning, SpecError, StartFailed, UnknownChild
from supervisors.events import What
from supervisors.spec import Intensity, Kind, Restart, Shutdown, Strategy
from supervisors.supervisor import Supervisor, run_until_signal
from supervisors.testing import RecordingHook, StubChild
from tests.supervisors.trees import DEADLINE, gone, process, task, tree, until


def states(supervisor):
    return {child.name: child.state for child in supervisor.children()}


async def test_children_start_in_order_and_stop_in_reverse(run, hook):
    spec = tree(task("a", StubChild()), process("b", "serve"), task("c", StubChild()))
    supervisor = await run(spec)
    assert states(supervisor) == {"a": "running", "b": "running", "c": "running"}
    await supervisor.stop()
    assert [e.child for e in hook.events if e.what is What.READY] == ["a", "b", "c"]
    assert [e.child for e in hook.events if e.what is What.EXITED] == ["c", "b", "a"]


async def test_the_next_child_starts_only_when_the_one_before_is_ready(hook):
    first, second = StubChild(auto_ready=False), StubChild()
    async with asyncio.TaskGroup() as group:
        supervisor = Supervisor(tree(task("a", first), task("b", second)), hook=hook)
        group.create_task(supervisor.start())
        await first.started(1)
        assert second.lives == 0
        first.become_ready()
        await second.started(1)
    await supervisor.stop()


async def test_a_failed_start_stops_the_earlier_ones_in_reverse(run, hook):
    spec = tree(process("a", "serve"), task("b", StubChild()), process("c", "fail_at_once"))
    with pytest.raises(StartFailed, match="c did not start: ValueError: no luck"):
        await run(spec)
    assert [e.child for e in hook.of(What.STOPPING)] == ["b", "a"]


async def test_a_failed_start_deep_in_the_tree_names_the_child_that_failed(run):
    inner = tree(process("b", "fail_at_once"), name="inner")
    with pytest.raises(StartFailed) as caught:
        await run(tree(tree(inner, name="middle")))
    assert caught.value.child == "middle/inner/b"


async def test_too_many_failures_end_the_run_with_escalated(run, hook):
    stub, other = StubChild(), StubChild()
    spec = tree(task("a", other), task("b", stub), intensity=Intensity(restarts=2, within=60))
    supervisor = await run(spec)
    for life in (1, 2, 3):
        await stub.started(life)
        stub.fail(ValueError(f"failure {life}"))
    with pytest.raises(Escalated, match="failure 3"):
        async with asyncio.timeout(DEADLINE):
            await supervisor.run()
    assert hook.of(What.ESCALATED, "root")
    assert hook.of(What.EXITED, "a")


async def test_an_inner_supervisor_that_gives_up_is_restarted_by_its_parent(run, hook):
    stub, neighbour = StubChild(), StubChild()
    inner = tree(task("b", stub), name="inner", intensity=Intensity(restarts=1))
    supervisor = await run(tree(task("a", neighbour), inner))
    for life in (1, 2):
        await stub.started(life)
        await hook.wait_for(lambda _e, n=life: len(hook.of(What.READY, "inner/b")) >= n)
        stub.fail(ValueError("again"))
    await hook.wait_for(lambda e: e.what is What.ESCALATED and e.child == "inner")
    await stub.started(3)
    await until(lambda: states(supervisor).get("inner/b") == "running")
    assert neighbour.lives == 1
    assert states(supervisor) == {"a": "running", "inner": "running", "inner/b": "running"}


async def test_escalation_climbs_to_the_root(run, hook):
    stub = StubChild()
    inner = tree(task("b", stub), name="inner", intensity=Intensity(restarts=0))
    supervisor = await run(tree(inner, intensity=Intensity(restarts=0)))
    stub.fail(ValueError("deep"))
    with pytest.raises(Escalated, match="deep"):
        async with asyncio.timeout(DEADLINE):
            await supervisor.run()
    assert [e.child for e in hook.of(What.ESCALATED)] == ["inner", "root"]


async def test_one_for_all_ties_a_process_to_a_task(run, hook):
    stub = StubChild()
    spec = tree(process("a", "serve"), task("b", stub), strategy=Strategy.ONE_FOR_ALL)
    supervisor = await run(spec)
    before = supervisor.children()[0].pid
    stub.fail(ValueError("down"))
    await stub.started(2)
    await until(lambda: set(states(supervisor).values()) == {"running"})
    assert supervisor.children()[0].pid not in {None, before}


async def test_rest_for_one_leaves_the_earlier_alone(run, hook):
    stubs = [StubChild() for _ in range(3)]
    spec = tree(*map(task, "abc", stubs), strategy=Strategy.REST_FOR_ONE)
    await run(spec)
    stubs[1].fail(ValueError("down"))
    await stubs[2].started(2)
    assert [stub.lives for stub in stubs] == [1, 2, 2]


async def test_children_come_and_go_while_the_tree_runs(run, hook):
    supervisor = await run(tree())
    await supervisor.start_child(process("d", "serve"))
    assert states(supervisor) == {"d": "running"}
    with pytest.raises(StartFailed, match="there is one already"):
        await supervisor.start_child(process("d", "serve"))
    await supervisor.stop_child("d")
    assert states(supervisor) == {}
    await supervisor.start_child(process("d", "serve"))


async def test_a_dynamic_child_that_fails_to_start_says_why_and_is_forgotten(run):
    supervisor = await run(tree(task("a", StubChild())))
    with pytest.raises(StartFailed, match="no luck"):
        await supervisor.start_child(process("d", "fail_at_once"))
    with pytest.raises(StartFailed, match="it ended, but is permanent"):
        await supervisor.start_child(process("d", "return_at_once"))
    assert states(supervisor) == {"a": "running"}


async def test_a_dynamic_job_may_be_done_before_it_is_ready(run):
    supervisor = await run(tree())
    await supervisor.start_child(process("job", "return_at_once", restart=Restart.TRANSIENT))
    assert states(supervisor) == {}


async def test_a_child_is_restarted_by_order(run):
    inner = tree(process("b", "serve"), name="inner")
    supervisor = await run(tree(inner))
    before = supervisor.children()[1].pid
    await supervisor.restart_child("inner/b")
    assert supervisor.children()[1].pid not in {None, before}


async def test_a_static_child_stopped_by_order_stays_listed(run):
    supervisor = await run(tree(process("a", "serve"), task("b", StubChild())))
    await supervisor.stop_child("a")
    assert states(supervisor) == {"a": "stopped", "b": "running"}
    await supervisor.restart_child("a")
    assert states(supervisor) == {"a": "running", "b": "running"}


async def test_orders_about_nobody_are_refused(run):
    supervisor = await run(tree())
    for path in ("x", "x/y"):
        with pytest.raises(UnknownChild):
            await supervisor.stop_child(path)


async def test_a_supervisor_is_good_for_one_run(run, hook):
    supervisor = Supervisor(tree(), hook=hook)
    await supervisor.stop()
    with pytest.raises(NotRunning):
        await supervisor.run()
    await supervisor.start()
    with pytest.raises(NotRunning):
        await supervisor.start()
    await supervisor.stop()
    await supervisor.stop()
    await supervisor.run()
    with pytest.raises(NotRunning):
        await supervisor.start_child(task("a", StubChild()))


async def test_a_task_target_nobody_can_find_stops_the_start_before_anything(run, hook):
    spec = tree(process("a", "serve"), task("b", "no.such.module:main"))
    with pytest.raises(SpecError, match=r"no\.such\.module"):
        await run(spec)
    assert hook.events == []


async def test_a_stop_during_the_start_ends_the_start(hook):
    stub = StubChild(auto_ready=False)
    supervisor = Supervisor(tree(task("a", stub)), hook=hook)
    starting = asyncio.create_task(supervisor.start())
    await stub.started(1)
    await supervisor.stop()
    with pytest.raises(NotRunning):
        await starting


async def test_a_cancelled_start_leaves_nothing(hook):
    supervisor = Supervisor(
        tree(process("a", "serve"), process("b", "slow_to_be_ready")), hook=hook
    )
    starting = asyncio.create_task(supervisor.start())
    await hook.wait_for(lambda e: e.what is What.STARTING and e.child == "b")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await gone(supervisor.token)


async def test_a_hook_that_raises_hurts_nobody(capsys):
    def hook(event):
        raise RuntimeError("bad hook")

    async with Supervisor(tree(task("a", StubChild())), hook=hook) as supervisor:
        assert states(supervisor) == {"a": "running"}
    assert capsys.readouterr().err.count("RuntimeError: bad hook") == 1


async def test_a_tree_runs_in_the_loop_of_another_thread(hook):
    seen = []

    async def life():
        async with Supervisor(tree(process("a", "serve")), hook=RecordingHook()) as supervisor:
            os.kill(supervisor.children()[0].pid, signal.SIGKILL)
            await until(lambda: supervisor.children()[0].restarts == 1)
            await until(lambda: supervisor.children()[0].state == "running")
            seen.append(supervisor.token)

    thread = threading.Thread(target=lambda: asyncio.run(life()))
    thread.start()
    await asyncio.to_thread(thread.join, DEADLINE)
    assert len(seen) == 1
    await gone(seen[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_run_and_the_old_handlers_are_put_back(hook, number):
    before = signal.getsignal(number)
    supervisor = Supervisor(tree(process("a", "serve")), hook=hook)
    running = asyncio.create_task(run_until_signal(supervisor))
    await hook.wait_for(lambda e: e.what is What.READY)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(DEADLINE):
        assert await running is number
    assert hook.of(What.STOPPING)[0].detail == {"reason": number.name}
    assert signal.getsignal(number) is before


async def test_a_second_signal_makes_haste(hook):
    spec = process("a", "deaf", shutdown=Shutdown(ask=3000, terminate=3000))
    running = asyncio.create_task(run_until_signal(Supervisor(tree(spec), hook=hook)))
    await hook.wait_for(lambda e: e.what is What.READY)
    os.kill(os.getpid(), signal.SIGTERM)
    await hook.wait_for(lambda e: e.what is What.STOPPING)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(DEADLINE):
        await running
    assert [e.detail["rung"] for e in hook.of(What.KILLED)] == ["SIGKILL"]


async def test_a_signal_during_the_start_ends_it(hook):
    spec = tree(process("a", "slow_to_be_ready"))
    running = asyncio.create_task(run_until_signal(Supervisor(spec, hook=hook)))
    await hook.wait_for(lambda e: e.what is What.STARTING)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(DEADLINE):
        assert await running is signal.SIGTERM


async def test_a_failed_start_and_an_escalation_come_out_of_run_until_signal(hook):
    with pytest.raises(StartFailed):
        await run_until_signal(Supervisor(tree(process("a", "fail_at_once")), hook=hook))
    spec = tree(process("a", "ready_then_fail"), intensity=Intensity(restarts=0))
    with pytest.raises(Escalated):
        await run_until_signal(Supervisor(spec, hook=hook))


async def test_the_status_of_a_child_says_what_it_is(run):
    inner = tree(task("t", StubChild()), name="inner")
    supervisor = await run(tree(process("p", "serve"), inner))
    kinds = {child.name: (child.kind, child.pid is not None) for child in supervisor.children()}
    assert kinds == {
        "p": (Kind.PROCESS, True),
        "inner": ("supervisor", False),
        "inner/t": (Kind.TASK, False),
    }


async def test_children_that_came_and_failed_leave_nothing_behind(run, hook):
    supervisor = await run(tree(task("a", StubChild()), intensity=Intensity(restarts=1000)))
    before = supervisor.stop_bound()
    for number in range(20):
        stub = StubChild()
        spec = task(f"page-{number}", stub, restart=Restart.TEMPORARY)
        await supervisor.start_child(spec)
        stub.fail(ValueError("no price"))
        await hook.wait_for(
            lambda event, name=spec.name: event.what is What.FAILED and event.child == name
        )
    await until(lambda: len(supervisor.children()) == 1)

    assert supervisor._branch._failures == {}
    assert supervisor._branch._specs.keys() == {"a"}
    assert supervisor.stop_bound() == before
