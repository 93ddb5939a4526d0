"""Children that are real processes."""

import asyncio
import os
import signal
import sys

import pytest

from supervisors.errors import StartFailed
from supervisors.events import What
from supervisors.guard import CHILD, TREE
from supervisors.process import account, python_path
from supervisors.spec import Heartbeat, Restart, Shutdown
from tests.supervisors.trees import exists, process, tree, until

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
BEATS = Heartbeat(interval=0.05, timeout=1.0)


def ready_again(hook, child, lives=2):
    return lambda _event: len(hook.of(What.READY, child)) >= lives


async def test_a_child_gets_its_arguments_and_its_reports_reach_the_hook(run, hook):
    arguments = {"text": "ü\n", "list": [1, 2.5, None], "deep": {"a": True}}
    await run(tree(process("a", "serve", arguments=arguments)))
    (report,) = hook.of(What.REPORT, "a")
    assert report.detail["arguments"] == arguments


async def test_a_killed_child_is_noticed_and_started_again(run, hook):
    supervisor = await run(tree(process("a", "serve")))
    (before,) = supervisor.children()
    os.kill(before.pid, signal.SIGKILL)
    await hook.wait_for(ready_again(hook, "a"))
    (after,) = supervisor.children()
    assert after.pid != before.pid
    assert after.restarts == 1
    assert after.last_error == "it was killed by SIGKILL"


async def test_a_stopped_child_is_found_hung_killed_and_started_again(run, hook):
    supervisor = await run(tree(process("a", "serve", heartbeat=BEATS)))
    (before,) = supervisor.children()
    os.kill(before.pid, signal.SIGSTOP)
    await hook.wait_for(lambda e: e.what is What.HUNG)
    await hook.wait_for(ready_again(hook, "a"))
    assert not await asyncio.to_thread(exists, before.pid)
    assert "no sign of life" in supervisor.children()[0].last_error


async def test_a_child_that_blocks_its_loop_is_hung(run, hook):
    spec = process("a", "block_the_loop", heartbeat=BEATS, restart=Restart.TEMPORARY)
    await run(tree(spec))
    failed = await hook.wait_for(lambda e: e.what is What.FAILED)
    assert failed.detail["code"] == "hung"


async def test_a_deaf_child_is_killed_by_the_ladder(run, hook):
    supervisor = await run(tree(process("a", "deaf", shutdown=Shutdown(ask=0.1, terminate=0.1))))
    pid = supervisor.children()[0].pid
    await supervisor.stop()
    assert [e.detail["rung"] for e in hook.of(What.KILLED, "a")] == ["SIGTERM", "SIGKILL"]
    assert not await asyncio.to_thread(exists, pid)


async def test_a_child_that_hears_only_sigterm_is_not_killed(run, hook):
    supervisor = await run(tree(process("a", "only_sigterm", shutdown=Shutdown(ask=0.1))))
    await supervisor.stop()
    assert [e.detail["rung"] for e in hook.of(What.KILLED, "a")] == ["SIGTERM"]
    assert hook.of(What.EXITED, "a")


async def test_a_child_that_obeys_meets_no_force(run, hook):
    supervisor = await run(tree(process("a", "serve")))
    await supervisor.stop()
    assert hook.of(What.KILLED) == []
    assert [e.detail for e in hook.of(What.EXITED)] == [{"asked": True}]


@linux
async def test_a_grandchild_in_its_own_session_goes_with_its_killed_owner(run, hook):
    supervisor = await run(tree(process("a", "with_grandchild")))
    (report,) = hook.of(What.REPORT, "a")
    assert await asyncio.to_thread(exists, report.detail["grandchild"])
    os.kill(report.detail["pid"], signal.SIGKILL)
    reaped = await hook.wait_for(lambda e: e.what is What.REAPED)
    assert reaped.detail["pids"] == [report.detail["grandchild"]]
    await hook.wait_for(ready_again(hook, "a"))
    await until(lambda: not exists(report.detail["grandchild"]))
    assert supervisor.children()[0].state == "running"


@linux
async def test_a_grandchild_goes_at_an_orderly_stop_as_well(run, hook):
    supervisor = await run(tree(process("a", "with_grandchild")))
    (report,) = hook.of(What.REPORT, "a")
    await supervisor.stop()
    await until(lambda: not exists(report.detail["grandchild"]))


@pytest.mark.parametrize(
    ("function", "settings", "reason", "code"),
    [
        ("fail_at_once", {"arguments": {"text": "two\nlines"}}, "ValueError: two lines", None),
        ("fail_with_code", {}, "there is no browser", "no_browser"),
        ("return_at_once", {}, "it ended, but is permanent", "ended"),
        ("slow_to_be_ready", {"ready_within": 0.3}, "not ready within 0.3 s", "late"),
        ("no_such_function", {}, "no_such_function", "bad_spec"),
        ("serve", {"environment": {"PYTHONPATH": "/nowhere"}}, "No module named", "bad_spec"),
        ("fail_at_once", {"arguments": {"wrong": 1}}, "unexpected keyword", None),
    ],
)
async def test_a_child_that_does_not_start_says_why(run, function, settings, reason, code):
    with pytest.raises(StartFailed) as caught:
        await run(tree(process("a", function, **settings)))
    assert reason in caught.value.reason
    assert "\n" not in caught.value.reason
    assert caught.value.child == "a"
    assert caught.value.code == (code or "start_failed")


async def test_what_an_error_says_about_itself_survives_the_pipe(run):
    with pytest.raises(StartFailed) as caught:
        await run(tree(process("a", "fail_with_code")))
    assert caught.value.hint == "install one"
    assert caught.value.retriable is False


@pytest.mark.parametrize(
    ("function", "arguments", "reason", "code"),
    [
        ("ready_then_fail", {}, "ValueError: after all", ""),
        ("exit_with_status", {"status": 3}, "SystemExit: 3", ""),
        ("die_hard", {}, "it left with status 9", "exit_status"),
        ("report_what_is_no_json", {}, "JSON", "broken_control"),
    ],
)
async def test_each_way_to_fail_has_its_reason(run, hook, function, arguments, reason, code):
    await run(tree(process("a", function, arguments=arguments, restart=Restart.TEMPORARY)))
    failed = await hook.wait_for(lambda e: e.what is What.FAILED)
    assert reason in failed.detail["reason"]
    assert failed.detail["code"] == code


async def test_a_process_that_stays_after_its_function_ended_is_killed(run, hook, monkeypatch):
    monkeypatch.setattr("supervisors.vitals.LEAVE_WITHIN", 0.2)
    await run(tree(process("a", "stay_after_the_end", restart=Restart.TEMPORARY)))
    failed = await hook.wait_for(lambda e: e.what is What.FAILED)
    assert failed.detail["code"] == "lingering"


async def test_the_lines_a_child_prints_reach_the_hook(run, hook):
    supervisor = await run(tree(process("a", "print_lines", arguments={"lines": 3})))
    await supervisor.stop()
    lines = [(e.detail["stream"], e.detail["line"]) for e in hook.of(What.OUTPUT, "a")]
    assert [line for stream, line in lines if stream == "stdout"] == ["line 0", "line 1", "line 2"]
    assert ("stderr", "to stderr") in lines


async def test_a_flood_of_lines_is_cut_and_counted(run, hook):
    supervisor = await run(tree(process("a", "print_lines", arguments={"lines": 30_000})))
    await supervisor.stop()
    output = [e.detail for e in hook.of(What.OUTPUT, "a")]
    dropped = sum(detail.get("dropped", 0) for detail in output)
    assert dropped > 0
    assert dropped + sum("line" in detail for detail in output) == 30_001


async def test_the_traceback_of_a_failure_is_in_the_output(run, hook):
    with pytest.raises(StartFailed):
        await run(tree(process("a", "fail_at_once")))
    lines = [e.detail["line"] for e in hook.of(What.OUTPUT, "a")]
    assert any("children.py" in line for line in lines)
    assert "ValueError: no luck" in lines


async def test_the_environment_of_a_child_is_its_own(run, hook):
    spec = process("a", "show", arguments={"variable": "COLOUR"}, environment={"COLOUR": "red"})
    await run(tree(spec))
    assert hook.of(What.REPORT, "a")[0].detail == {"value": "red"}


async def test_each_life_carries_the_token_of_the_tree_and_one_of_its_own(run, hook):
    spec = [process(v, "show", arguments={"variable": v}) for v in (TREE, CHILD)]
    supervisor = await run(tree(*spec))
    values = [e.detail["value"] for e in hook.of(What.REPORT)]
    assert values[0] == supervisor.token
    assert len(values[1]) == len(supervisor.token)
    assert values[1] != supervisor.token


@linux
async def test_a_child_holds_no_pipe_of_its_siblings(run, hook):
    siblings = [process(name, "list_descriptors") for name in ("a", "b", "c")]
    await run(tree(*siblings))
    for event in hook.of(What.REPORT):
        pipes = [link for link in event.detail["open"] if link.startswith("pipe:")]
        sockets = [link for link in event.detail["open"] if link.startswith("socket:")]
        assert len(pipes) == 2  # its standard output and error
        assert len(sockets) == 3  # its control channel, and the loop's own pair


def test_an_exit_status_has_a_sentence():
    assert account(0) is None
    assert account(2).reason == "it left with status 2"
    assert account(-9).reason == "it was killed by SIGKILL"
    assert account(-40).reason == "it was killed by signal 40"


def test_the_package_is_put_last_into_the_path():
    assert python_path("/x").startswith("/x:")
    assert python_path("").count(":") == 0
