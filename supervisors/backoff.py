"""Arithmetic of restarting: how long to wait, how often is too often, when to forget.

Time and chance come in as arguments, so every rule is one line of a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supervisors.spec import Backoff, Intensity


def ceiling(attempt: int, spec: Backoff) -> float:
    """Return the longest wait before restart ``attempt`` (0, 1, 2, ...), in seconds."""
    try:
        return min(spec.cap, spec.first * spec.factor**attempt)
    except OverflowError:  # 2.0**1024 does not fit; any sensible cap was passed long before
        return spec.cap if spec.first > 0 else 0.0


def delay(attempt: int, spec: Backoff, chance: float) -> float:
    """Return the wait before restart ``attempt``, in seconds; ``chance`` is from [0, 1].

    Full jitter: children that failed together must not come back together.
    """
    return ceiling(attempt, spec) * chance


def attempt_after(attempt: int, spec: Backoff, ready_at: float | None, now: float) -> int:
    """Return the attempt to count from: 0 after a stable run, else the one we were at."""
    stable = ready_at is not None and now - ready_at >= spec.reset_after
    return 0 if stable else attempt


def recent(restarts: tuple[float, ...], spec: Intensity, now: float) -> tuple[float, ...]:
    """Return the restarts that still count at ``now``: those less than ``within`` seconds old."""
    return tuple(at for at in restarts if now - at < spec.within)


def exceeded(restarts: tuple[float, ...], spec: Intensity, now: float) -> bool:
    """Say whether these restarts are more than the intensity allows."""
    return len(recent(restarts, spec, now)) > spec.restarts
