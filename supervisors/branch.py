"""One supervisor of the tree: carries out what ``decisions`` says and tells it what came of it.

Seen from its parent a branch is a child like any other: it has ``run``, ``stop`` and ``hasten``.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from supervisors.decisions import decide, next_due
from supervisors.errors import NotRunning, StartFailed, UnknownChild
from supervisors.events import Emitter, What
from supervisors.failure import Failure, describe
from supervisors.group import (
    Add,
    Begin,
    Drop,
    Ended,
    GiveUp,
    Happening,
    Instruction,
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
    group_of,
    member_of,
)
from supervisors.process import ProcessRunner
from supervisors.spec import ChildSpec, Kind, SupervisorSpec
from supervisors.task import TaskRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from supervisors.clock import Clock
    from supervisors.group import Member
    from supervisors.lifeline import Lifeline

_Spec = ChildSpec | SupervisorSpec
_SETTLED = frozenset({Phase.RUNNING, Phase.STOPPED, Phase.FAILED})


class Running(Protocol):
    """What a branch needs of a child, whatever it is made of."""

    async def run(self, ready: Callable[[], None]) -> Failure | None:
        """Live one life, call ``ready`` in it, return the failure that ended it."""

    def stop(self, reason: str) -> None:
        """Begin to end that life."""

    def hasten(self) -> None:
        """End it without politeness, now or when ``stop`` comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStatus:
    """One line of ``children()``; times are the supervisor's clock in seconds."""

    name: str  # the path below the root
    kind: str  # "process", "task" or "supervisor"
    state: str  # starting, running, backoff, stopping, stopped, failed
    pid: int | None
    restarts: int
    last_error: str
    since: float  # in this state since then
    next_start: float | None  # in backoff: when it is started again


@dataclass(frozen=True, slots=True)
class World:
    """What all branches of one tree share."""

    emitter: Emitter
    clock: Clock
    chance: Callable[[], float]  # from [0, 1), drawn once for each decision
    lifeline: Lifeline


class Branch:
    """A supervisor and its children; ``prefix`` is put before their names to make paths."""

    def __init__(self, spec: SupervisorSpec, path: str, prefix: str, world: World) -> None:
        self._path = path
        self._prefix = prefix
        self._world = world
        self._specs: dict[str, _Spec] = {child.name: child for child in spec.children}
        self._group = group_of(spec)
        self._lives: dict[str, Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()  # replaced at each change, so that nobody misses one
        self._failures: dict[str, Failure] = {}  # the last one of each child
        self._waits: list[str] = []  # children that somebody waits for
        self._over = asyncio.Event()
        self._verdict: Failure | None = None
        self._ready: Callable[[], None] = lambda: None
        self._asked = False
        self._hurry = False

    # --- as a child --------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> Failure | None:
        """Start the children and supervise them until all are down again."""
        self._ready = ready
        if self._asked:  # between our creation and this first step
            return None
        try:
            self._apply(Begin())
            await self._over.wait()
        finally:
            self._abort()
        return self._verdict

    def stop(self, reason: str) -> None:
        """Begin to take the children down, in reverse order."""
        self._asked = True
        self._apply(StopAll(reason))

    def hasten(self) -> None:
        """Take the children down without politeness."""
        self._hurry = True
        for life in self._lives.values():
            life.hasten()

    # --- orders ------------------------------------------------------------------------------

    async def start_child(self, spec: _Spec) -> None:
        """Add a child and wait until it is ready; StartFailed when it ends before."""
        self._need_up()
        known = self._group.member(spec.name)
        if known is not None and known.phase not in {Phase.STOPPED, Phase.FAILED}:
            raise StartFailed(self._prefix + spec.name, "there is one already", code="exists")
        self._specs[spec.name] = spec
        with self._awaited(spec.name):
            self._apply(Add(member_of(spec, dynamic=True)))
            await self._until(lambda: not self._is_coming(spec.name))
            member = self._group.member(spec.name)
            if member is None or member.phase is not Phase.RUNNING:
                failure = self._failures.get(spec.name)
                if failure is not None:
                    raise start_failed(self._prefix + spec.name, failure)
                self._need_up()  # else it was a job, and is done

    async def stop_child(self, name: str) -> None:
        """Take the child down for good and wait until it is."""
        self._need(name)
        self._apply(StopOne(name))
        await self._until(lambda: self._is_settled(name) and not self._runs(name))

    async def restart_child(self, name: str) -> None:
        """Take the child down, start it again and wait until it is ready; StartFailed if not."""
        self._need_up()
        self._need(name)
        with self._awaited(name):
            self._apply(RestartOne(name))
            await self._until(lambda: self._is_settled(name) or name in self._failures)
            failure = self._failures.get(name)
            if failure is not None and not self._runs(name):
                raise start_failed(self._prefix + name, failure)

    @contextlib.contextmanager
    def _awaited(self, name: str) -> Iterator[None]:
        """Keep the failure of a child that may be forgotten at its end, for who waits for it."""
        self._failures.pop(name, None)
        self._waits.append(name)
        try:
            yield
        finally:
            self._waits.remove(name)
            self._forget_failure(name)

    def _forget_failure(self, name: str) -> None:
        if name not in self._waits and self._group.member(name) is None:
            self._failures.pop(name, None)

    def added(self) -> list[_Spec]:
        """Return the children that were added while it ran, and are still there."""
        return [self._specs[one.name] for one in self._group.members if one.dynamic]

    def inner(self, name: str) -> Branch | None:
        """Return the running supervisor of that name below this one."""
        life = self._lives.get(name)
        return life if isinstance(life, Branch) else None

    def statuses(self) -> list[ChildStatus]:
        """Return the children in start order, those of inner supervisors after their own."""
        found: list[ChildStatus] = []
        for member in self._group.members:
            found.append(self._status(member))
            life = self._lives.get(member.name)
            if isinstance(life, Branch):
                found += life.statuses()
        return found

    def _status(self, member: Member) -> ChildStatus:
        spec = self._specs[member.name]
        return ChildStatus(
            name=self._prefix + member.name,
            kind=spec.kind.value if isinstance(spec, ChildSpec) else "supervisor",
            state=member.phase.value,
            pid=getattr(self._lives.get(member.name), "pid", None),
            restarts=member.restarts,
            last_error=member.error,
            since=member.since,
            next_start=member.due if member.phase is Phase.WAITING else None,
        )

    def _need(self, name: str) -> None:
        if self._group.member(name) is None:
            raise UnknownChild(f"no child is called {self._prefix + name}")

    def _need_up(self) -> None:
        if self._group.mode is not Mode.UP:
            raise NotRunning(f"{self._path} is not up")

    def _is_settled(self, name: str) -> bool:
        member = self._group.member(name)
        return member is None or (member.phase in _SETTLED and member.after is None)

    def _is_coming(self, name: str) -> bool:
        member = self._group.member(name)
        return member is not None and not self._is_settled(name)

    def _runs(self, name: str) -> bool:
        member = self._group.member(name)
        return member is not None and member.phase is Phase.RUNNING

    async def _until(self, happened: Callable[[], bool]) -> None:
        """Wait for a state the decisions lead to: each step to it has a deadline of its own."""
        while not happened():
            if self._over.is_set():
                raise NotRunning(f"{self._path} went down meanwhile")
            await self._changed.wait()

    # --- the shell around the decisions --------------------------------------------------------

    def _apply(self, happening: Happening) -> None:
        now = self._world.clock.now()
        self._group, todo = decide(self._group, happening, now, self._world.chance())
        for instruction in todo:
            self._carry_out(instruction)
        self._set_alarm(now)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Start(name):
                self._start(name)
            case Stop(name, reason):
                self._lives[name].stop(reason)
            case Wait(name, delay, attempt, reason):
                detail = {"delay": delay, "attempt": attempt, "reason": reason}
                self._emit(What.BACKOFF, self._prefix + name, detail)
            case Refuse(name, failure):
                self._failures[name] = failure
            case Drop(name):
                del self._specs[name]
                self._forget_failure(name)
            case Up():
                self._ready()
            case GiveUp(reason):
                self._emit(What.ESCALATED, self._path, {"reason": reason})
            case Over(failure):
                self._verdict = failure
                self._over.set()

    def _start(self, name: str) -> None:
        life = self._new_life(self._specs[name])
        self._lives[name] = life
        if self._hurry:
            life.hasten()
        task = asyncio.create_task(self._live(name, life), name=f"supervise {self._prefix}{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _new_life(self, spec: _Spec) -> Running:
        world, path = self._world, self._prefix + spec.name
        if isinstance(spec, SupervisorSpec):
            return Branch(spec, path, path + "/", world)
        if spec.kind is Kind.TASK:
            return TaskRunner(spec, path, world.emitter, world.clock)
        return ProcessRunner(spec, path, world.emitter, world.clock, world.lifeline)

    async def _live(self, name: str, life: Running) -> None:
        try:
            failure = await life.run(lambda: self._apply(Ready(name)))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not lose a child silently
            failure = describe(error)
            detail = {"reason": f"supervision failed: {failure.reason}", "code": "internal"}
            self._emit(What.FAILED, self._prefix + name, detail)
        if self._lives.get(name) is life:
            del self._lives[name]
        if failure is not None:
            failure = replace(failure, child=failure.child or self._prefix + name)
            self._failures[name] = failure
        self._apply(Ended(name, failure))

    def _set_alarm(self, now: float) -> None:
        if self._alarm is not None and self._alarm is not asyncio.current_task():
            self._alarm.cancel()
        due = next_due(self._group, now)
        self._alarm = None if due is None else asyncio.create_task(self._ring(due - now))

    async def _ring(self, seconds: float) -> None:
        await self._world.clock.sleep(seconds)
        self._apply(Tick())

    def _abort(self) -> None:
        self._over.set()
        self._changed.set()
        for task in (*self._tasks, self._alarm):
            if task is not None:
                task.cancel()

    def _emit(self, what: What, path: str, detail: Mapping[str, object]) -> None:
        self._world.emitter.emit(what, path, detail)


def start_failed(path: str, failure: Failure) -> StartFailed:
    """Return the error that says why a child did not start, in the child's own words."""
    return StartFailed(
        path, failure.reason, code=failure.code, hint=failure.hint, retriable=failure.retriable
    )
