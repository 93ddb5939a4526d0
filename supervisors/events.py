"""What happened, as one record, and the one hook that hears of it."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervisors.clock import Clock


class What(StrEnum):
    """The moments a hook hears of, with the keys of ``detail`` behind each."""

    STARTING = "starting"  # a child is being started: kind
    READY = "ready"  # it called ready(): after (seconds since starting)
    REPORT = "report"  # what it reported, as it is
    OUTPUT = "output"  # a line of a process: stream, line; or dropped (lines lost in a flood)
    EXITED = "exited"  # it ended normally, or as asked: asked
    FAILED = "failed"  # it ended badly: reason, code, retriable, hint, trace
    LATE = "late"  # it was not ready in time and is brought down: after
    HUNG = "hung"  # it stopped beating and is brought down: silent (seconds)
    BACKOFF = "backoff"  # it will be started again: delay (seconds), attempt, reason
    STOPPING = "stopping"  # it is asked to stop: reason
    KILLED = "killed"  # asking was not enough: rung
    ABANDONED = "abandoned"  # even killing did not help; nobody waits for it any more
    REAPED = "reaped"  # processes it left behind were killed: pids
    ESCALATED = "escalated"  # a supervisor gave up: reason


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one child.

    ``child`` is its path below the root ("browsers/browser-0"; the root itself is known by
    its name), ``at`` the supervisor's clock in seconds (monotonic: only differences mean
    something).
    """

    what: What
    child: str
    at: float
    detail: Mapping[str, object] = field(default_factory=dict)


class Hook(Protocol):
    """Hears of every event, in the supervisor's event loop: it must neither block nor wait."""

    def __call__(self, event: Event, /) -> None:
        """Take note of the event. What it raises is reported once and otherwise ignored."""


class Emitter:
    """Makes events and hands them to the hook, whose faults must not become ours."""

    def __init__(self, hook: Hook | None, clock: Clock) -> None:
        self._hook = hook
        self._clock = clock
        self._complained = False
        self.hook_errors = 0

    def emit(self, what: What, child: str, detail: Mapping[str, object] | None = None) -> None:
        """Tell the hook."""
        if self._hook is None:
            return
        try:
            self._hook(Event(what, child, self._clock.now(), detail or {}))
        except Exception:  # noqa: BLE001 - a hook is foreign code; supervision must go on
            self.hook_errors += 1
            self._complain()

    def _complain(self) -> None:
        if not self._complained:
            self._complained = True
            sys.stderr.write(
                "supervisors: the hook raised; said once, further errors are only counted\n"
                + traceback.format_exc()
            )
