"""A supervisor and its children as values, what can happen to them, and what can be done.

The life of a member::

    WAITING --Start--> STARTING --Ready--> RUNNING
       ^                  |                   |
       +---- Ended, restarted by policy ------+----> STOPPED or FAILED, for good
    STARTING, RUNNING --Stop--> STOPPING --Ended--> WAITING (to be restarted) or STOPPED

The rules between these values are in ``decisions``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from supervisors.spec import Backoff, ChildSpec, Intensity, Restart, Strategy, SupervisorSpec

if TYPE_CHECKING:
    from supervisors.failure import Failure


class Phase(StrEnum):
    """Where a child is in its life; the values are what ``children()`` shows."""

    WAITING = "backoff"  # to be started, at ``due`` or when its turn comes
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


ALIVE = frozenset({Phase.STARTING, Phase.RUNNING, Phase.STOPPING})
OVER = frozenset({Phase.STOPPED, Phase.FAILED})


class After(StrEnum):
    """What becomes of a member once it is down."""

    RESTART = auto()
    STAY_DOWN = auto()


class Mode(StrEnum):
    """Where the whole group is in its life."""

    BOOTING = auto()  # first start, one after the other
    UP = auto()
    GOING_DOWN = auto()
    DOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One child as the decisions see it; times are seconds on the supervisor's clock."""

    name: str
    restart: Restart = Restart.PERMANENT
    backoff: Backoff = field(default_factory=Backoff)
    dynamic: bool = False  # added while running: leaves the group when it is down for good
    fresh: bool = True  # was never ready: failing now is a failed start, not a crash
    phase: Phase = Phase.WAITING
    after: After | None = None  # set: it must go down, and then this
    due: float = 0.0
    attempt: int = 0
    restarts: int = 0
    ready_at: float | None = None
    since: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A supervisor and its children, in start order."""

    name: str
    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: Intensity = field(default_factory=Intensity)
    members: tuple[Member, ...] = ()
    mode: Mode = Mode.DOWN
    restarts: tuple[float, ...] = ()
    verdict: Failure | None = None
    why: str = ""  # why it goes down

    def member(self, name: str) -> Member | None:
        """Return the member of that name."""
        return next((member for member in self.members if member.name == name), None)


# What happened.
@dataclass(frozen=True, slots=True)
class Begin:
    """Start everybody, in order."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The child called ``ready()``."""

    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The child is over and cleaned up; without a failure it ended normally."""

    name: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: somebody's wait may be over."""


@dataclass(frozen=True, slots=True)
class StopAll:
    """Take everybody down, in reverse order."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Add:
    """Start one more child, after all others."""

    member: Member


@dataclass(frozen=True, slots=True)
class StopOne:
    """Take one child down, for good."""

    name: str


@dataclass(frozen=True, slots=True)
class RestartOne:
    """Take one child down and start it again at once; nobody is to blame for it."""

    name: str


Happening = Begin | Ready | Ended | Tick | StopAll | Add | StopOne | RestartOne


# What to do about it.
@dataclass(frozen=True, slots=True)
class Start:
    """Start this child now."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Take this child down its ladder, now."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell the hook that this child comes back after ``delay`` seconds."""

    name: str
    delay: float
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell who waits for this child that it did not start."""

    name: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget this dynamic child."""

    name: str


@dataclass(frozen=True, slots=True)
class Up:
    """Say that everybody is ready."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Say that the intensity was exceeded; everybody goes down, then comes ``Over``."""

    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """Say that everybody is down; with a failure, the parent must decide."""

    failure: Failure | None


Instruction = Start | Stop | Wait | Refuse | Drop | Up | GiveUp | Over


def group_of(spec: SupervisorSpec) -> Group:
    """Return the group a description stands for, nobody started."""
    return Group(
        name=spec.name,
        strategy=spec.strategy,
        intensity=spec.intensity,
        members=tuple(member_of(child) for child in spec.children),
    )


def member_of(spec: ChildSpec | SupervisorSpec, *, dynamic: bool = False) -> Member:
    """Return the member a description stands for; a supervisor is a permanent child."""
    restart = spec.restart if isinstance(spec, ChildSpec) else Restart.PERMANENT
    return Member(name=spec.name, restart=restart, backoff=spec.backoff, dynamic=dynamic)
