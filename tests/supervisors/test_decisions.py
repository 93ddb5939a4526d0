"""What a supervisor decides, without any loop, process or clock."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.decisions import decide, next_due
from supervisors.failure import Failure
from supervisors.group import (
    ALIVE,
    Add,
    Begin,
    Drop,
    Ended,
    GiveUp,
    Group,
    Member,
    Mode,
    Over,
    Phase,
    Ready,
    Refuse,
    RestartOne,
    Start,
    Stop,
    StopAll,
    StopOne,
    Tick,
    Up,
    Wait,
)
from supervisors.spec import Backoff, Intensity, Restart, Strategy

BAD = Failure(reason="bad")
FLAT = Backoff(first=1.0, factor=1.0, cap=1.0)


class Shell:
    """Carries instructions out in no time, on a clock of its own."""

    def __init__(self, *members, strategy=Strategy.ONE_FOR_ONE, restarts=1000, within=1e6):
        members = tuple(
            replace(Member(name=m, backoff=FLAT) if isinstance(m, str) else m) for m in members
        )
        intensity = Intensity(restarts=restarts, within=within)
        self.group = Group(name="g", strategy=strategy, intensity=intensity, members=members)
        self.now = 0.0
        self.log = []

    def tell(self, event):
        self.group, todo = decide(self.group, event, self.now)
        self.log += todo
        return todo

    def settle(self):
        """Let every start succeed, every stop end, until nothing is under way."""
        done = 0
        while done < 10_000:
            done += 1
            phases = {m.name: m.phase for m in self.group.members}
            name = next((n for n, p in phases.items() if p is Phase.STARTING), None)
            if name is not None:
                self.tell(Ready(name))
                continue
            name = next((n for n, p in phases.items() if p is Phase.STOPPING), None)
            if name is None:
                return self
            self.tell(Ended(name))
        raise AssertionError("it never settles")

    def wait(self):
        """Go to the next due moment, until nobody waits."""
        self.tell(Tick())  # the clock may stand at one already
        self.settle()
        while (due := next_due(self.group, self.now)) is not None:
            self.now = due
            self.tell(Tick())
            self.settle()
        return self

    def up(self):
        self.tell(Begin())
        self.settle()
        self.log.clear()
        return self

    def names(self, kind):
        return [i.name for i in self.log if isinstance(i, kind)]

    def phase(self, name):
        return self.group.member(name).phase


def test_the_first_start_goes_one_by_one_and_ends_with_up():
    shell = Shell("a", "b")
    assert shell.tell(Begin()) == (Start("a"),)
    assert shell.tell(Ready("a")) == (Start("b"),)
    assert shell.tell(Ready("b")) == (Up(),)
    assert shell.group.mode is Mode.UP


def test_a_supervisor_without_children_is_up_at_once():
    assert Shell().tell(Begin()) == (Up(),)


def test_a_failed_first_start_takes_the_others_down_and_is_the_verdict():
    shell = Shell("a", "b", "c")
    shell.tell(Begin())
    shell.tell(Ready("a"))
    failure = replace(BAD, child="b")
    assert shell.tell(Ended("b", BAD)) == (Refuse("b", failure), Stop("a", "b did not start"))
    assert shell.tell(Ended("a")) == (Over(failure),)
    assert shell.phase("c") is Phase.STOPPED


def test_a_crash_of_a_ready_child_during_the_first_start_is_a_crash_like_any_other():
    shell = Shell("a", "b")
    shell.tell(Begin())
    shell.tell(Ready("a"))
    assert isinstance(shell.tell(Ended("a", BAD))[0], Wait)
    shell.settle().wait()
    assert shell.group.mode is Mode.UP


def test_a_failed_child_is_started_again_after_its_delay():
    shell = Shell("a", "b").up()
    assert shell.tell(Ended("a", BAD)) == (Wait("a", 1.0, 0, "bad"),)
    shell.now = 0.9
    assert shell.tell(Tick()) == ()
    shell.now = 1.0
    assert shell.tell(Tick()) == (Start("a"),)


def test_the_delay_grows_with_each_failure_and_is_small_again_after_a_stable_run():
    backoff = Backoff(first=1, factor=2, cap=100, reset_after=30)
    shell = Shell(Member(name="a", backoff=backoff)).up()
    for expected in (1, 2, 4):
        (wait,) = shell.tell(Ended("a", BAD))
        assert wait.delay == expected
        shell.wait()
    shell.now += 30
    (wait,) = shell.tell(Ended("a", BAD))
    assert wait.delay == 1


def test_a_failed_restart_is_tried_again():
    shell = Shell("a").up()
    shell.tell(Ended("a", BAD))
    shell.now = 1.0
    shell.tell(Tick())
    assert isinstance(shell.tell(Ended("a", BAD))[0], Wait)


@pytest.mark.parametrize(
    ("restart", "failure", "phase"),
    [
        (Restart.PERMANENT, None, Phase.WAITING),
        (Restart.PERMANENT, BAD, Phase.WAITING),
        (Restart.TRANSIENT, None, Phase.STOPPED),
        (Restart.TRANSIENT, BAD, Phase.WAITING),
        (Restart.TEMPORARY, None, Phase.STOPPED),
        (Restart.TEMPORARY, BAD, Phase.FAILED),
    ],
)
def test_the_restart_policy_decides_who_comes_back(restart, failure, phase):
    shell = Shell(Member(name="a", restart=restart, backoff=FLAT)).up()
    shell.tell(Ended("a", failure))
    assert shell.phase("a") is phase


def test_a_job_may_end_before_it_was_ready_but_a_permanent_child_may_not():
    job = Shell(Member(name="job", restart=Restart.TRANSIENT), "b")
    job.tell(Begin())
    assert job.tell(Ended("job")) == (Start("b"),)
    service = Shell("service")
    service.tell(Begin())
    (refuse, over) = service.tell(Ended("service"))
    assert isinstance(refuse, Refuse)
    assert over.failure.code == "ended"


def test_more_restarts_than_allowed_take_all_down_and_give_up():
    shell = Shell("a", "b", restarts=1, within=10).up()
    shell.tell(Ended("a", BAD))
    shell.wait()
    give_up, stop = shell.tell(Ended("a", BAD))
    assert isinstance(give_up, GiveUp)
    assert "a: bad" in give_up.reason
    assert stop == Stop("b", give_up.reason)
    (over,) = shell.tell(Ended("b"))
    assert over.failure.reason == give_up.reason


def test_restarts_far_apart_never_add_up():
    shell = Shell("a", restarts=1, within=10).up()
    for _ in range(20):
        shell.now += 10
        shell.tell(Ended("a", BAD))
        shell.wait()
    assert shell.group.mode is Mode.UP


def test_one_for_all_stops_all_in_reverse_and_starts_all_in_order():
    shell = Shell("a", "b", "c", "d", strategy=Strategy.ONE_FOR_ALL).up()
    shell.tell(Ended("b", BAD))
    shell.settle().wait()
    assert shell.names(Stop) == ["d", "c", "a"]
    assert shell.names(Start) == ["a", "b", "c", "d"]


def test_rest_for_one_leaves_the_earlier_ones_alone():
    shell = Shell("a", "b", "c", "d", strategy=Strategy.REST_FOR_ONE).up()
    shell.tell(Ended("b", BAD))
    shell.settle().wait()
    assert shell.names(Stop) == ["d", "c"]
    assert shell.names(Start) == ["b", "c", "d"]


def test_a_second_failure_while_the_group_goes_down_is_no_new_restart():
    shell = Shell("a", "b", "c", strategy=Strategy.ONE_FOR_ALL).up()
    shell.tell(Ended("b", BAD))
    shell.tell(Ended("a", BAD))
    shell.settle().wait()
    assert len(shell.group.restarts) == 1
    assert shell.names(Start) == ["a", "b", "c"]


def test_a_temporary_sibling_goes_down_with_its_group_and_stays_down():
    temporary = Member(name="t", restart=Restart.TEMPORARY)
    shell = Shell("a", temporary, strategy=Strategy.ONE_FOR_ALL).up()
    shell.tell(Ended("a", BAD))
    shell.settle().wait()
    assert shell.names(Stop) == ["t"]
    assert shell.phase("t") is Phase.STOPPED


def test_stopping_goes_in_reverse_order_one_at_a_time():
    shell = Shell("a", "b", "c").up()
    assert shell.tell(StopAll("enough")) == (Stop("c", "enough"),)
    assert shell.tell(Ended("c")) == (Stop("b", "enough"),)
    assert shell.tell(StopAll("again")) == ()
    assert shell.tell(Ended("b")) == (Stop("a", "enough"),)
    assert shell.tell(Ended("a")) == (Over(None),)


def test_a_stop_during_backoff_needs_no_waiting():
    shell = Shell("a").up()
    shell.tell(Ended("a", BAD))
    assert shell.tell(StopAll()) == (Over(None),)
    assert next_due(shell.group, shell.now) is None


def test_a_stopped_child_stays_down_and_can_be_restarted():
    shell = Shell("a", "b").up()
    shell.tell(StopOne("a"))
    shell.settle()
    assert shell.phase("a") is Phase.STOPPED
    assert shell.tell(RestartOne("a")) == (Start("a"),)


def test_a_restart_by_order_does_not_count_against_the_intensity():
    shell = Shell("a", restarts=0).up()
    shell.tell(RestartOne("a"))
    shell.settle().wait()
    assert shell.phase("a") is Phase.RUNNING
    assert shell.group.restarts == ()


def test_a_dynamic_child_that_does_not_start_is_forgotten():
    shell = Shell("a").up()
    assert shell.tell(Add(Member(name="d", dynamic=True))) == (Start("d"),)
    refuse, drop = shell.tell(Ended("d", BAD))
    assert isinstance(refuse, Refuse)
    assert drop == Drop("d")
    assert shell.group.mode is Mode.UP


def test_late_news_of_a_child_that_is_down_changes_nothing():
    shell = Shell("a").up()
    shell.tell(StopOne("a"))
    shell.settle()
    before = shell.group
    for event in (Ready("a"), Ended("a", BAD), Ready("x"), Ended("x"), StopOne("x")):
        assert shell.tell(event) == ()
    assert shell.group == before


# --- laws, for any sequence of events ------------------------------------------------------------

NAMES = ["a", "b", "c", "d"]
steps = st.lists(
    st.tuples(
        st.sampled_from(["ready", "end", "fail", "tick", "stop_one", "restart_one", "settle"]),
        st.sampled_from(NAMES),
        st.floats(min_value=0, max_value=3),
    ),
    max_size=60,
)
policies = st.lists(st.sampled_from(Restart), min_size=4, max_size=4)
strategies = st.sampled_from(Strategy)


def events_of(step, name):
    return {
        "ready": Ready(name),
        "end": Ended(name),
        "fail": Ended(name, BAD),
        "tick": Tick(),
        "stop_one": StopOne(name),
        "restart_one": RestartOne(name),
    }[step]


def play(shell, script):
    for step, name, seconds in script:
        shell.now += seconds
        before = shell.group
        todo = () if step == "settle" else shell.tell(events_of(step, name))
        if step == "settle":
            shell.settle()
        yield step, name, before, todo


def make(policy, strategy, **settings):
    members = [Member(name=n, restart=r, backoff=FLAT) for n, r in zip(NAMES, policy, strict=True)]
    return Shell(*members, strategy=strategy, **settings)


@given(steps, policies, strategies)
def test_nobody_is_started_twice_or_stopped_when_not_alive(script, policy, strategy):
    shell = make(policy, strategy).up()
    for _step, _name, before, todo in play(shell, script):
        for instruction in todo:
            if isinstance(instruction, Start):
                assert shell.group.member(instruction.name).phase is Phase.STARTING
            if isinstance(instruction, Stop):
                assert before.member(instruction.name).phase in ALIVE | {Phase.WAITING}


@given(steps, policies, strategies)
def test_a_temporary_child_is_never_restarted_unless_by_order(script, policy, strategy):
    script = [step for step in script if step[0] != "restart_one"]
    shell = make(policy, strategy).up()
    for _ in play(shell, script):
        pass
    temporary = {n for n, r in zip(NAMES, policy, strict=True) if r is Restart.TEMPORARY}
    assert not temporary & set(shell.names(Start))


@given(steps, policies, strategies)
def test_a_stop_ends_everything_in_reverse_order_wherever_it_comes(script, policy, strategy):
    shell = make(policy, strategy).up()
    for _ in play(shell, script):
        pass
    stopping = [m.name for m in shell.group.members if m.phase is Phase.STOPPING]
    shell.log.clear()
    shell.tell(StopAll())
    shell.settle()
    stopped = shell.names(Stop)
    assert stopped == sorted(stopped, reverse=True)
    assert not set(stopped) & set(stopping)
    assert shell.names(Start) == []
    assert shell.group.mode is Mode.DOWN
    assert [i for i in shell.log if isinstance(i, Over)] == [Over(None)]


@given(steps, policies, strategies)
def test_the_supervisor_never_gets_stuck(script, policy, strategy):
    shell = make(policy, strategy).up()
    for _ in play(shell, script):
        pass
    shell.settle().wait()
    at_rest = {Phase.RUNNING, Phase.STOPPED, Phase.FAILED}
    assert {m.phase for m in shell.group.members} <= at_rest


@given(steps, policies, st.sampled_from([Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE]))
def test_tied_children_start_one_at_a_time_and_in_order(script, policy, strategy):
    shell = make(policy, strategy).up()
    for step, _name, _before, todo in play(shell, script):
        if step == "settle":
            continue
        starts = [i.name for i in todo if isinstance(i, Start)]
        assert len(starts) <= 1
        waiting = [m.name for m in shell.group.members if m.phase is Phase.WAITING]
        if starts and waiting:
            assert starts[0] < min(waiting)


@given(st.sampled_from(NAMES), strategies)
def test_the_strategy_says_who_goes_with_the_failed_child(failed, strategy):
    shell = make([Restart.PERMANENT] * 4, strategy).up()
    shell.tell(Ended(failed, BAD))
    shell.settle().wait()
    tied = {
        Strategy.ONE_FOR_ONE: [failed],
        Strategy.ONE_FOR_ALL: NAMES,
        Strategy.REST_FOR_ONE: NAMES[NAMES.index(failed) :],
    }[strategy]
    assert shell.names(Start) == tied
    assert shell.names(Stop) == [name for name in reversed(tied) if name != failed]


@given(steps, strategies, st.integers(min_value=0, max_value=3))
def test_giving_up_happens_exactly_when_the_intensity_is_exceeded(script, strategy, restarts):
    shell = make([Restart.PERMANENT] * 4, strategy, restarts=restarts, within=5).up()
    for _step, _name, _before, todo in play(shell, script):
        waits = [i for i in todo if isinstance(i, Wait)]
        gave_up = [i for i in todo if isinstance(i, GiveUp)]
        inside = [at for at in shell.group.restarts if shell.now - at < 5]
        assert not waits or len(inside) <= restarts
        assert not gave_up or len(inside) > restarts
