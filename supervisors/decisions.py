"""What a supervisor decides: (group, event, now, chance) -> (group, instructions).

Nothing here waits, starts or reads a clock, so each rule is a test of three lines. The shell in
``branch`` carries the instructions out and tells what came of it as the next event.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from supervisors.backoff import attempt_after, delay, exceeded, recent
from supervisors.failure import Failure
from supervisors.group import (
    ALIVE,
    OVER,
    Add,
    After,
    Begin,
    Drop,
    Ended,
    GiveUp,
    Group,
    Happening,
    Instruction,
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
from supervisors.spec import Restart, Strategy

_Step = tuple[Group, tuple[Instruction, ...]]


def decide(group: Group, event: Happening, now: float, chance: float = 1.0) -> _Step:
    """Return the group after the event, and what to do; ``chance`` from [0, 1] is the jitter."""
    group, notes = _after(event, group, now, chance)
    group, drops = _drop_done(group)
    group, stops = _stop_next(group, now)
    group, starts = _start_due(group, now)
    group, ends = _milestone(group)
    return group, notes + drops + stops + starts + ends


def next_due(group: Group, now: float) -> float | None:
    """Return the moment of the next ``Tick``, in clock seconds; None when none is needed."""
    if group.mode not in {Mode.BOOTING, Mode.UP}:
        return None
    dues = [member.due for member in group.members if member.phase is Phase.WAITING]
    return min((due for due in dues if due > now), default=None)


# --- what an event changes -------------------------------------------------------------------


@singledispatch
def _after(event: Happening, group: Group, _now: float, _chance: float) -> _Step:
    raise TypeError(f"not an event of {group.name}: {event!r}")


@_after.register
def _(_event: Tick, group: Group, _now: float, _chance: float) -> _Step:
    return group, ()


@_after.register
def _(_event: Begin, group: Group, now: float, _chance: float) -> _Step:
    members = tuple(
        replace(member, phase=Phase.WAITING, fresh=True, after=None, due=now, attempt=0, since=now)
        for member in group.members
    )
    return replace(group, mode=Mode.BOOTING, members=members, restarts=(), verdict=None, why=""), ()


@_after.register
def _(event: Ready, group: Group, now: float, _chance: float) -> _Step:
    member = group.member(event.name)
    if member is None or member.phase is not Phase.STARTING:
        return group, ()
    up = replace(member, phase=Phase.RUNNING, fresh=False, ready_at=now, since=now)
    return _with(group, up), ()


@_after.register
def _(event: StopAll, group: Group, now: float, _chance: float) -> _Step:
    return _take_down(group, now, event.reason), ()


@_after.register
def _(event: Add, group: Group, now: float, _chance: float) -> _Step:
    others = tuple(member for member in group.members if member.name != event.member.name)
    member = replace(event.member, phase=Phase.WAITING, due=now, since=now)
    return replace(group, members=(*others, member)), ()


@_after.register
def _(event: StopOne, group: Group, now: float, _chance: float) -> _Step:
    member = group.member(event.name)
    return (group if member is None else _with(group, _doom(member, now))), ()


@_after.register
def _(event: RestartOne, group: Group, now: float, _chance: float) -> _Step:
    member = group.member(event.name)
    if member is None or group.mode is not Mode.UP:
        return group, ()
    return _with(group, _recycle(member, now, now, everybody=True)), ()


@_after.register
def _(event: Ended, group: Group, now: float, chance: float) -> _Step:
    member = group.member(event.name)
    if member is None or member.phase not in ALIVE:
        return group, ()
    member = replace(member, error=event.failure.reason if event.failure else member.error)
    if member.after is not None:
        return _with(group, _down(member, now)), ()
    # A job that did its work before it called ready() did not fail to start.
    finished = event.failure is None and member.restart is not Restart.PERMANENT
    if finished or (member.restart is Restart.TEMPORARY and not member.fresh):
        phase = Phase.STOPPED if event.failure is None else Phase.FAILED
        return _with(group, replace(member, phase=phase, fresh=False, since=now)), ()
    failure = event.failure or Failure(reason="it ended, but is permanent", code="ended")
    member = replace(member, error=failure.reason)
    if member.fresh:
        return _failed_start(_with(group, member), member, failure, now)
    return _failed(group, member, failure, now, chance)


def _failed_start(group: Group, member: Member, failure: Failure, now: float) -> _Step:
    failure = replace(failure, child=failure.child or member.name)
    refusal = (Refuse(member.name, failure),)
    group = _with(group, replace(member, phase=Phase.FAILED, since=now))
    if group.mode is not Mode.BOOTING or member.dynamic:
        return group, refusal
    group = _take_down(group, now, f"{member.name} did not start")
    return replace(group, verdict=failure), refusal


def _failed(group: Group, member: Member, failure: Failure, now: float, chance: float) -> _Step:
    restarts = recent((*group.restarts, now), group.intensity, now)
    group = replace(group, restarts=restarts)
    if exceeded(restarts, group.intensity, now):
        return _give_up(group, member, failure, now)
    attempt = attempt_after(member.attempt, member.backoff, member.ready_at, now)
    wait = delay(attempt, member.backoff, chance)
    member = _count(replace(member, phase=Phase.WAITING, due=now + wait, since=now))
    group = _with(group, replace(member, attempt=attempt + 1, ready_at=None))
    group = _recycle_others(group, member.name, now, now + wait)
    return group, (Wait(member.name, wait, attempt, failure.reason),)


def _give_up(group: Group, member: Member, failure: Failure, now: float) -> _Step:
    limits = group.intensity
    reason = (
        f"more than {limits.restarts} restarts in {limits.within:g} s;"
        f" the last was for {member.name}: {failure.reason}"
    )
    group = _with(group, replace(member, phase=Phase.FAILED, since=now))
    verdict = Failure(reason=reason, code=failure.code or "escalated", hint=failure.hint)
    return replace(_take_down(group, now, reason), verdict=verdict), (GiveUp(reason),)


# --- what follows from where everybody is ------------------------------------------------------


def _drop_done(group: Group) -> _Step:
    gone = [m.name for m in group.members if m.dynamic and m.phase in OVER]
    members = tuple(member for member in group.members if member.name not in gone)
    return replace(group, members=members), tuple(Drop(name) for name in gone)


def _stop_next(group: Group, now: float) -> _Step:
    """Stop the last of those who must go; the one before it waits until that one is gone."""
    doomed = [m for m in group.members if m.after is not None and m.phase in ALIVE]
    if not doomed or any(member.phase is Phase.STOPPING for member in doomed):
        return group, ()
    last = replace(doomed[-1], phase=Phase.STOPPING, since=now)
    return _with(group, last), (Stop(last.name, group.why or "it is restarted with its group"),)


def _start_due(group: Group, now: float) -> _Step:
    if group.mode not in {Mode.BOOTING, Mode.UP}:
        return group, ()
    waiting = [member for member in group.members if member.phase is Phase.WAITING]
    if group.mode is Mode.BOOTING or group.strategy is not Strategy.ONE_FOR_ONE:
        busy = any(m.after is not None or m.phase is Phase.STARTING for m in group.members)
        waiting = [] if busy else waiting[:1]
    starts: list[Instruction] = []
    for member in waiting:
        if member.due <= now:
            group = _with(group, replace(member, phase=Phase.STARTING, ready_at=None, since=now))
            starts.append(Start(member.name))
    return group, tuple(starts)


def _milestone(group: Group) -> _Step:
    phases = {member.phase for member in group.members}
    if group.mode is Mode.BOOTING and not phases & {Phase.WAITING, Phase.STARTING}:
        return replace(group, mode=Mode.UP), (Up(),)
    if group.mode is Mode.GOING_DOWN and not phases & ALIVE:
        return replace(group, mode=Mode.DOWN), (Over(group.verdict),)
    return group, ()


# --- one member at a time ----------------------------------------------------------------------


def _with(group: Group, changed: Member) -> Group:
    members = tuple(changed if m.name == changed.name else m for m in group.members)
    return replace(group, members=members)


def _take_down(group: Group, now: float, why: str) -> Group:
    if group.mode is Mode.DOWN:
        return group
    members = tuple(_doom(member, now) for member in group.members)
    return replace(group, mode=Mode.GOING_DOWN, members=members, why=group.why or why)


def _doom(member: Member, now: float) -> Member:
    """Return the member on its way down for good."""
    if member.phase in ALIVE:
        return replace(member, after=After.STAY_DOWN)
    phase = Phase.STOPPED if member.phase is Phase.WAITING else member.phase
    return replace(member, phase=phase, after=None, since=now)


def _down(member: Member, now: float) -> Member:
    """Return the member that was taken down and is down now."""
    if member.after is After.RESTART:
        return _count(replace(member, phase=Phase.WAITING, after=None, since=now))
    return replace(member, phase=Phase.STOPPED, after=None, since=now)


def _recycle(member: Member, now: float, due: float, *, everybody: bool = False) -> Member:
    """Return the member on its way down and up again."""
    if member.phase in ALIVE:
        after = member.after or After.RESTART  # who goes down for good is not called back
        return replace(member, after=after, due=due)
    return replace(member, phase=Phase.WAITING, due=due, since=now) if everybody else member


def _recycle_others(group: Group, failed: str, now: float, due: float) -> Group:
    """Take with it those that the strategy ties to the failed child.

    A temporary one goes down and stays there. One that had finished or was stopped stays as it
    is: its work is done or unwanted.
    """
    if group.strategy is Strategy.ONE_FOR_ONE:
        return group
    names = [member.name for member in group.members]
    first = 0 if group.strategy is Strategy.ONE_FOR_ALL else names.index(failed) + 1
    for member in group.members[first:]:
        if member.name == failed:
            continue
        if member.restart is Restart.TEMPORARY:
            changed = _doom(member, now)
        elif member.phase is Phase.WAITING:
            changed = replace(member, due=due)
        else:
            changed = _recycle(member, now, due)
        group = _with(group, changed)
    return group


def _count(member: Member) -> Member:
    return replace(member, restarts=member.restarts + 1)
