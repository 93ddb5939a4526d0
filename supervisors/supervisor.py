"""The root of a supervision tree: what a program starts, asks and stops."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING, Self

from supervisors.branch import Branch, ChildStatus, World, start_failed
from supervisors.clock import Clock, MonotonicClock, happens
from supervisors.errors import Escalated, NotRunning, UnknownChild
from supervisors.events import Emitter, Hook, What
from supervisors.lifeline import GUARD_MARGIN, REAP_WITHIN, Lifeline
from supervisors.process import CLEAR_UP_WITHIN
from supervisors.signals import SignalBox
from supervisors.spec import ChildSpec, Kind, SupervisorSpec, leaves, stop_bound
from supervisors.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from supervisors.failure import Failure

# Seconds the whole stop may take beyond the ladders of the children.
_STOP_MARGIN = REAP_WITHIN + GUARD_MARGIN + 1.0


class Supervisor:
    """Runs a tree. Use it in one event loop, of any thread; one object is one run.

    The kernel ties child processes to the thread that runs the loop: when that thread ends
    without ``stop()``, they are killed, even if the program goes on.

    ``chance`` gives numbers from [0, 1) for the jitter of restarts.
    """

    def __init__(
        self,
        spec: SupervisorSpec,
        *,
        hook: Hook | None = None,
        clock: Clock | None = None,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self.spec = spec
        self._clock = clock or MonotonicClock()
        self._emitter = Emitter(hook, self._clock)
        self._lifeline = Lifeline(spec.name, self._emitter, self._clock)
        world = World(self._emitter, self._clock, rng, self._lifeline)
        self._branch = Branch(spec, spec.name, "", world)
        self._task: asyncio.Task[Failure | None] | None = None
        self._up = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def token(self) -> str:
        """The token in the environment of every process of this tree (see ``guard``)."""
        return self._lifeline.token

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop("" if error is None else f"{type(error).__name__} in its owner")

    async def start(self) -> None:
        """Start the children in order, each after the one before it is ready.

        Raises SpecError before anything starts when the target of a task cannot be found, and
        StartFailed, with everything stopped again, when a child ends before it is ready;
        NotRunning when somebody stops it meanwhile.
        """
        if self._task is not None:
            raise NotRunning(f"{self.spec.name} was started before", hint="make a new Supervisor")
        self._task = asyncio.create_task(self._live(), name=f"supervise {self.spec.name}")
        self._task.add_done_callback(lambda _task: self._over.set())
        try:
            await self._first(self._up, self._over)
        except asyncio.CancelledError:
            await self.stop("the start was cancelled")
            raise
        if not self._up.is_set():
            failure = await self._task
            if failure is None:
                raise NotRunning(f"{self.spec.name} was stopped while it started")
            raise start_failed(failure.child or self.spec.name, failure)

    async def run(self) -> None:
        """Wait until the tree is stopped; Escalated when it gave up."""
        if self._task is None:
            raise NotRunning(f"{self.spec.name} was not started")
        failure = await asyncio.shield(self._task)
        if failure is not None:
            raise Escalated(failure.reason, hint=failure.hint)

    async def stop(self, reason: str = "") -> None:
        """Take the children down in reverse order, each on its ladder; again is no error.

        Ends after the sum of all ladders at the latest; who is left then is killed.
        """
        if self._task is None:
            return
        bound = self.stop_bound()
        if not self._over.is_set():
            self._branch.stop(reason or "the supervisor is stopped")
        if not await happens(self._over, bound, self._clock):
            self._emitter.emit(What.ABANDONED, self.spec.name, {"after": bound})
            self._task.cancel()

    def stop_bound(self) -> float:
        """Return how long (s) a stop may take at most: the sum of the ladders of all children."""
        added = (stop_bound(spec, CLEAR_UP_WITHIN) for spec in self._branch.added())
        return stop_bound(self.spec, CLEAR_UP_WITHIN) + sum(added) + _STOP_MARGIN

    def hasten(self) -> None:
        """Kill instead of asking, in the stop that is under way or comes."""
        self._branch.hasten()

    async def start_child(self, spec: ChildSpec | SupervisorSpec) -> None:
        """Add a child to the root and wait until it is ready.

        Raises StartFailed when it ends before; it is then forgotten. A child added this way
        leaves the list of children when it is down for good.
        """
        await self._check_targets([spec] if isinstance(spec, ChildSpec) else leaves(spec))
        await self._branch.start_child(spec)

    async def stop_child(self, name: str) -> None:
        """Take the child at this path down for good, and wait until it is."""
        branch, last = self._find(name)
        await branch.stop_child(last)

    async def restart_child(self, name: str) -> None:
        """Take the child at this path down and wait until it is ready again."""
        branch, last = self._find(name)
        await branch.restart_child(last)

    def children(self) -> list[ChildStatus]:
        """Return how every child is, in start order, inner supervisors before their children."""
        return self._branch.statuses()

    def _find(self, path: str) -> tuple[Branch, str]:
        branch: Branch | None = self._branch
        *outer, last = path.split("/")
        for name in outer:
            branch = branch.inner(name) if branch is not None else None
        if branch is None:
            raise UnknownChild(f"no running child is called {path}")
        return branch, last

    async def _live(self) -> Failure | None:
        await self._check_targets(leaves(self.spec))
        try:
            return await self._branch.run(self._up.set)
        finally:
            await self._lifeline.close()

    async def _check_targets(self, specs: Iterable[ChildSpec]) -> None:
        """Import what the tasks need, in a thread: importing may take long."""
        for spec in specs:
            if spec.kind is Kind.TASK:
                await asyncio.to_thread(resolve, spec.target)

    async def _first(self, *events: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


async def run_until_signal(
    supervisor: Supervisor,
    signals: Iterable[signal.Signals] = (signal.SIGINT, signal.SIGTERM),
) -> signal.Signals | None:
    """Start the supervisor and run it until a signal, then stop it; main thread only.

    A second signal makes the stop hasty. Returns the signal that ended the run, or None when
    somebody else stopped it. Raises what ``start()`` and ``run()`` raise.
    """
    with SignalBox(signals) as box:
        life = asyncio.create_task(_start_and_run(supervisor))
        first: signal.Signals | None = None
        while not life.done():
            note = asyncio.create_task(box.next())
            await asyncio.wait((life, note), return_when=asyncio.FIRST_COMPLETED)
            if not note.done():
                note.cancel()
                break
            if first is None:
                first = note.result()
                stopping = asyncio.create_task(supervisor.stop(first.name))
                stopping.add_done_callback(lambda _task: None)
            else:
                supervisor.hasten()
        try:
            await life
        except NotRunning:  # the signal came while it started
            if first is None:
                raise
        return first


async def _start_and_run(supervisor: Supervisor) -> None:
    async with supervisor:
        await supervisor.run()
