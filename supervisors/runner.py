"""One life of one child, from its start until nothing of it is left.

What a process and a task have in common is written here once; ``process`` and ``task`` say how
to start theirs, what the rungs of its ladder are, and how to clear up.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from supervisors.clock import Clock, happens
from supervisors.events import Emitter, What
from supervisors.failure import Failure
from supervisors.vitals import Limits, Verdict, Vitals, judge, looked_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supervisors.spec import ChildSpec

# A rung of the stop ladder: its name, what it does, how long to wait then (seconds).
Rung = tuple[str, "Callable[[], None]", float]

# Where on the ladder to begin. A hung child cannot be asked, and would not hear SIGTERM.
_FIRST_RUNG = {
    Verdict.ASKED: 0,
    Verdict.LATE: 1,
    Verdict.BROKEN: 1,
    Verdict.HUNG: 2,
    Verdict.LINGERING: 2,
}
# Seconds between two looks when nothing is due; only bounds the wait.
_LOOK_AGAIN = 3600.0


class Runner(ABC):
    """Runs a child once. Use: ``run()`` in a task; ``stop()`` and ``hasten()`` at any time."""

    def __init__(self, spec: ChildSpec, path: str, emitter: Emitter, clock: Clock) -> None:
        self.spec = spec
        self.path = path
        self.pid: int | None = None
        self._emitter = emitter
        self._clock = clock
        self._limits = Limits(ready_within=spec.ready_within, heartbeat=spec.heartbeat)
        self._vitals = Vitals(started=clock.now(), looked=clock.now())
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()
        self._hurry = asyncio.Event()
        self._why = ""
        self._abandoned = False
        self._announced = False

    async def run(self, ready: Callable[[], None]) -> Failure | None:
        """Run the child until it is over and cleared up; return the failure, if it was one.

        Calls ``ready`` when the child is. Cancelled, it kills without waiting.
        """
        self._emit(What.STARTING, kind=self.spec.kind.value)
        try:
            failure = await self._launch()
            if failure is None:
                verdict = await self._watch(ready)
                fault = self._fault(verdict)
                if verdict is not Verdict.ENDED:
                    await self._bring_down(verdict)
                own = await self._collect()
                # Its death may be noticed before its last lines: it was ready, then it died.
                self._announce(ready)
                failure = self._sum_up(fault, own)
        finally:
            self._abort()
        self._tell_end(failure)
        return failure

    def stop(self, reason: str) -> None:
        """Send the child down its ladder."""
        self._why = reason
        self._sign(asked=True)

    def hasten(self) -> None:
        """Skip the polite rungs, for a stop now or later."""
        self._hurry.set()

    # --- what a kind of child says ---------------------------------------------------------

    @abstractmethod
    async def _launch(self) -> Failure | None:
        """Start the child; a failure means that there is nothing to watch."""

    @abstractmethod
    def _rungs(self) -> tuple[Rung, Rung, Rung]:
        """Return the ladder: ask, urge, force."""

    @abstractmethod
    async def _collect(self) -> Failure | None:
        """Clear up after the child and return its own account of why it failed."""

    @abstractmethod
    def _abort(self) -> None:
        """Let go of everything at once; after ``_collect`` there is nothing left to do."""

    # --- what it hears from the child ------------------------------------------------------

    def _sign(self, **signs: bool) -> None:
        self._vitals = replace(self._vitals, **signs)
        self._changed.set()

    def _heard_ready(self) -> None:
        if self._vitals.ready is None:
            self._vitals = replace(self._vitals, ready=self._clock.now())
            self._changed.set()

    def _heard_beat(self) -> None:
        self._vitals = replace(self._vitals, beat=self._clock.now())

    def _heard_farewell(self) -> None:
        self._vitals = replace(self._vitals, farewell=self._clock.now())
        self._changed.set()

    def _heard_report(self, facts: Mapping[str, object]) -> None:
        self._emitter.emit(What.REPORT, self.path, facts)

    def _heard_end(self) -> None:
        self._ended.set()
        self._sign(ended=True)

    # --- the phases of a life --------------------------------------------------------------

    async def _watch(self, ready: Callable[[], None]) -> Verdict:
        while True:
            self._changed.clear()
            now = self._clock.now()
            self._vitals = looked_at(self._vitals, self._limits, now)
            self._announce(ready)
            verdict, look_again = judge(self._vitals, self._limits, now)
            if verdict is not Verdict.WELL:
                return verdict
            await happens(self._changed, min(look_again, _LOOK_AGAIN), self._clock)

    def _announce(self, ready: Callable[[], None]) -> None:
        if self._vitals.ready is not None and not self._announced:
            self._announced = True
            self._emit(What.READY, after=self._vitals.ready - self._vitals.started)
            ready()

    def _fault(self, verdict: Verdict) -> Failure | None:
        """Return what is wrong with a child that must be brought down, and tell the hook."""
        now, vitals = self._clock.now(), self._vitals
        if verdict is Verdict.LATE:
            self._emit(What.LATE, after=now - vitals.started)
            return Failure(reason=f"not ready within {self.spec.ready_within:g} s", code="late")
        if verdict is Verdict.HUNG:
            silent = now - max(vitals.beat or -inf, vitals.ready or -inf)
            self._emit(What.HUNG, silent=silent)
            return Failure(reason=f"no sign of life for {silent:.1f} s", code="hung")
        if verdict is Verdict.LINGERING:
            self._emit(What.HUNG, silent=now - (vitals.farewell or now))
            return Failure(reason="its function ended but it did not leave", code="lingering")
        return None

    async def _bring_down(self, verdict: Verdict) -> None:
        if verdict is Verdict.ASKED:
            self._emit(What.STOPPING, reason=self._why)
        rungs = self._rungs()
        for number, (name, act, patience) in enumerate(rungs):
            last = number == len(rungs) - 1
            if number < _FIRST_RUNG[verdict] or (self._hurry.is_set() and not last):
                continue
            if number > 0:
                self._emit(What.KILLED, rung=name)
            act()
            if await self._leaves(patience, hurry=not last):
                return
        self._abandoned = True
        self._emit(What.ABANDONED)

    async def _leaves(self, within: float, *, hurry: bool) -> bool:
        """Wait for the end of the child, at most so long, shorter when somebody hurries."""
        if not hurry:
            return await happens(self._ended, within, self._clock)
        over = asyncio.Event()
        waits = [asyncio.create_task(_then(event, over)) for event in (self._ended, self._hurry)]
        try:
            await happens(over, within, self._clock)
        finally:
            for wait in waits:
                wait.cancel()
        return self._ended.is_set()

    def _sum_up(self, fault: Failure | None, own: Failure | None) -> Failure | None:
        if self._abandoned:
            return Failure(reason="it could not be stopped", code="abandoned", retriable=False)
        if self._vitals.asked and fault is None:
            return own if own is not None and own.code != "signal" else None
        return fault or own

    def _tell_end(self, failure: Failure | None) -> None:
        if failure is None:
            self._emit(What.EXITED, asked=self._vitals.asked)
        else:
            self._emit(
                What.FAILED,
                reason=failure.reason,
                code=failure.code,
                retriable=failure.retriable,
                hint=failure.hint,
                trace=failure.trace,
            )

    def _emit(self, what: What, **detail: object) -> None:
        self._emitter.emit(what, self.path, detail)


async def _then(event: asyncio.Event, over: asyncio.Event) -> None:
    await event.wait()
    over.set()
