"""What a supervision tree is, as values: checked when they are created, before anything starts.

All durations are seconds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from supervisors.errors import SpecError

# The first argument is a ``supervisors.child.Child``, the others are the spec's arguments.
# They differ from child to child, which no static signature can say.
Target = Callable[..., Awaitable[None]]
_Json = Mapping[str, Any]

_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Restart(StrEnum):
    """When a child that ended is started again."""

    PERMANENT = "permanent"  # always, a normal end included
    TRANSIENT = "transient"  # only after a failure
    TEMPORARY = "temporary"  # never, and a group restart does not bring it back either


class Strategy(StrEnum):
    """Who else is restarted when one child is."""

    ONE_FOR_ONE = "one_for_one"  # nobody
    ONE_FOR_ALL = "one_for_all"  # all siblings: they make no sense without each other
    REST_FOR_ONE = "rest_for_one"  # the siblings listed after it: they depend on it


class Kind(StrEnum):
    """What a child is made of."""

    PROCESS = "process"
    TASK = "task"


def _need(condition: bool, sentence: str) -> None:  # noqa: FBT001 - reads like an assertion
    if not condition:
        raise SpecError(sentence)


def _need_number(owner: str, name: str, value: float, *, above: bool) -> None:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    _need(sound, f"{owner}: {name} must be a finite number, not {value!r}")
    _need(value >= 0, f"{owner}: {name} must not be negative, it is {value!r}")
    _need(value > 0 or not above, f"{owner}: {name} must be more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """How long to wait after each rung of the stop ladder.

    For a process the rungs are: ask over the control channel, SIGTERM, SIGKILL to its group.
    For a task: set ``stopping``, cancel, cancel again. 0 goes on to the next rung at once.
    """

    ask: float = 3.0
    terminate: float = 1.0
    kill: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be waited for."""
        _need_number("shutdown", "ask", self.ask, above=False)
        _need_number("shutdown", "terminate", self.terminate, above=False)
        # Even SIGKILL takes the kernel a moment: without one, every kill would look refused.
        _need_number("shutdown", "kill", self.kill, above=True)

    @property
    def total(self) -> float:
        """The longest the whole ladder waits, in seconds."""
        return self.ask + self.terminate + self.kill


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A sign of life every ``interval`` seconds; ``timeout`` seconds without one mean hung.

    A process beats by itself, from its event loop; a task must call ``child.beat()``.
    """

    interval: float = 0.5
    timeout: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a time-out that healthy children would miss."""
        _need_number("heartbeat", "interval", self.interval, above=True)
        _need_number("heartbeat", "timeout", self.timeout, above=True)
        _need(
            self.timeout > self.interval,
            f"heartbeat: timeout ({self.timeout} s) must be longer than interval"
            f" ({self.interval} s), or every child is hung",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The wait before restart n is drawn from [0, min(cap, first * factor**n)] seconds.

    n counts from 0 and goes back to 0 after the child was ready for ``reset_after`` seconds.
    """

    first: float = 0.1
    factor: float = 2.0
    cap: float = 30.0
    reset_after: float = 30.0

    def __post_init__(self) -> None:
        """Refuse a backoff that shrinks or never waits where it should."""
        for name in ("first", "cap", "reset_after"):
            _need_number("backoff", name, getattr(self, name), above=False)
        _need_number("backoff", "factor", self.factor, above=True)
        _need(self.factor >= 1, f"backoff: factor must be at least 1, it is {self.factor}")
        _need(self.cap >= self.first, "backoff: cap must not be less than first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """More than ``restarts`` restarts ``within`` so many seconds: the supervisor gives up."""

    restarts: int = 10
    within: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        whole = isinstance(self.restarts, int) and not isinstance(self.restarts, bool)
        _need(whole, f"intensity: restarts must be a whole number, not {self.restarts!r}")
        _need(self.restarts >= 0, "intensity: restarts must not be negative")
        _need_number("intensity", "within", self.within, above=True)


def _check_name(name: str) -> None:
    _need(isinstance(name, str) and name.strip() != "", f"a name must not be empty: {name!r}")
    _need(name.isprintable() and "/" not in name, f"{name!r}: a name has no slash, no line end")


def _check_json(owner: str, value: object) -> None:
    """Refuse what JSON would lose, mapping keys that it would silently turn into text included."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _need(isinstance(key, str), f"{owner}: the key {key!r} is not a text")
            _check_json(owner, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_json(owner, inner)
    else:
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise SpecError(
                f"{owner}: {value!r} cannot be sent to a process: {error}",
                hint="arguments of a process are JSON values",
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One child: ``async def main(child: Child, **arguments) -> None``, and how to treat it.

    ``target`` is ``"package.module:function"``, or the function itself for a task. Arguments
    of a process travel as JSON, so a tuple arrives as a list.
    """

    name: str
    target: str | Target
    kind: Kind = Kind.PROCESS
    arguments: _Json = field(default_factory=dict)
    restart: Restart = Restart.PERMANENT
    shutdown: Shutdown = field(default_factory=Shutdown)
    heartbeat: Heartbeat | None = None
    backoff: Backoff = field(default_factory=Backoff)
    ready_within: float = 30.0
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse combinations that mean nothing, and freeze the mappings."""
        _check_name(self.name)
        _need_number(self.name, "ready_within", self.ready_within, above=True)
        self._check_target()
        for key in self.arguments:
            sound = isinstance(key, str) and key.isidentifier()
            _need(sound, f"{self.name}: the argument {key!r} is not a name")
        if self.kind is Kind.TASK:
            _need(not self.environment, f"{self.name}: a task has no environment of its own")
        else:
            _check_json(self.name, dict(self.arguments))
            self._check_environment()
        object.__setattr__(self, "arguments", MappingProxyType(dict(self.arguments)))
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))

    def _check_target(self) -> None:
        if isinstance(self.target, str):
            sound = _TARGET.fullmatch(self.target) is not None
            _need(sound, f"{self.name}: {self.target!r} is not like 'package.module:function'")
            return
        _need(callable(self.target), f"{self.name}: the target is neither a text nor callable")
        _need(
            self.kind is Kind.TASK,
            f"{self.name}: the target of a process is a text, 'package.module:function'",
        )

    def _check_environment(self) -> None:
        for key, value in self.environment.items():
            sound = isinstance(key, str) and isinstance(value, str)
            _need(sound, f"{self.name}: environment takes texts, not {key!r}: {value!r}")
            _need(
                key != "" and "=" not in key and "\0" not in key + value,
                f"{self.name}: {key!r} cannot be an environment variable",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorSpec:
    """Children in the order they start, and what happens to the others when one fails.

    Inside another supervisor it is a child like any other: when its intensity is exceeded it
    stops its children and counts as failed; ``backoff`` says how its parent then waits.
    """

    name: str
    children: tuple[ChildSpec | SupervisorSpec, ...] = ()
    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: Intensity = field(default_factory=Intensity)
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        """Refuse children that could not be told apart."""
        _check_name(self.name)
        children = tuple(self.children)
        sound = all(isinstance(child, ChildSpec | SupervisorSpec) for child in children)
        _need(sound, f"{self.name}: children are ChildSpec or SupervisorSpec")
        names = [child.name for child in children]
        twice = sorted({name for name in names if names.count(name) > 1})
        _need(not twice, f"{self.name}: two children are called {', '.join(twice)}")
        object.__setattr__(self, "children", children)


def leaves(spec: SupervisorSpec) -> list[ChildSpec]:
    """Return every child that is not a supervisor, in start order."""
    found: list[ChildSpec] = []
    for child in spec.children:
        found += [child] if isinstance(child, ChildSpec) else leaves(child)
    return found


def stop_bound(spec: ChildSpec | SupervisorSpec, extra: float) -> float:
    """Return how long stopping may take at most, in seconds; ``extra`` is added for each child."""
    if isinstance(spec, ChildSpec):
        return spec.shutdown.total + extra
    return sum(stop_bound(child, extra) for child in spec.children)
