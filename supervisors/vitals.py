"""Is the child well? A pure look at its signs of life, the same for a process and a task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supervisors.spec import Heartbeat

# Seconds a process may take to leave after it said that its function ended; longer means that a
# thread or an exit handler of it hangs.
LEAVE_WITHIN = 5.0


class Verdict(StrEnum):
    """What a look at a child found."""

    WELL = "well"
    ENDED = "ended"  # it is over
    ASKED = "asked"  # somebody wants it stopped
    BROKEN = "broken"  # it broke the protocol
    LATE = "late"  # not ready in time
    HUNG = "hung"  # no beat for too long
    LINGERING = "lingering"  # its function ended, its process did not


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The signs of life of one child; times are the supervisor's clock in seconds."""

    started: float
    looked: float  # when we last looked
    ready: float | None = None
    beat: float | None = None
    farewell: float | None = None  # when it said that its function ended
    asked: bool = False
    ended: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient to be: seconds until ready, and the heartbeat if there is one."""

    ready_within: float
    heartbeat: Heartbeat | None = None


def looked_at(vitals: Vitals, limits: Limits, now: float) -> Vitals:
    """Return the vitals after a look at ``now``.

    When we ourselves did not look for a long time (a busy loop, a suspended machine), beats may
    lie unread: the child gets a fresh start instead of the blame.
    """
    beat = vitals.beat
    if limits.heartbeat and beat is not None:
        slept = now - vitals.looked > limits.heartbeat.interval + limits.heartbeat.timeout / 2
        beat = now if slept else beat
    return replace(vitals, looked=now, beat=beat)


def judge(vitals: Vitals, limits: Limits, now: float) -> tuple[Verdict, float]:
    """Return how the child is, and after how many seconds to look again at the latest."""
    for sign, verdict in (
        (vitals.ended, Verdict.ENDED),
        (vitals.broken, Verdict.BROKEN),
        (vitals.asked, Verdict.ASKED),
    ):
        if sign:
            return verdict, 0.0
    if vitals.farewell is not None:
        return _before(vitals.farewell + LEAVE_WITHIN - now, Verdict.LINGERING)
    if vitals.ready is None:
        return _before(vitals.started + limits.ready_within - now, Verdict.LATE)
    if limits.heartbeat is None:
        return Verdict.WELL, inf
    last = max(vitals.ready, vitals.beat if vitals.beat is not None else vitals.ready)
    verdict, left = _before(last + limits.heartbeat.timeout - now, Verdict.HUNG)
    return verdict, min(left, limits.heartbeat.interval)


def _before(left: float, otherwise: Verdict) -> tuple[Verdict, float]:
    return (Verdict.WELL, left) if left > 0 else (otherwise, 0.0)
