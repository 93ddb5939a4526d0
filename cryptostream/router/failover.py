"""Failover: which source of a ticker publishes, and which others are kept running for it.

Pure: what each source's leg is doing and the time in (seconds on the caller's clock), a
decision out. The order of the sources is the order of preference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverRules:
    """When to leave a source and when to come back to it; all in s.

    ``after``: a source that was live or has failed may be ill for so long before the next one
    takes over. ``first_within``: the same for one that is still on its way. ``return_after``:
    a better source must have been healthy for so long before it takes the ticker back.
    ``warm`` keeps the second source of each ticker running all the time.
    """

    after: float = 3.0
    first_within: float = 15.0
    return_after: float = 30.0
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """One source of one ticker: healthy or ill since when.

    ``tried``: it was live or has failed since it was opened; ``over``: it has given up.
    """

    healthy: bool
    since: float
    tried: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Who publishes, who must run, and the time of the next decision that may differ."""

    active: str
    running: tuple[str, ...]
    look_at: float | None = None


def decide(
    order: tuple[str, ...],
    health: Mapping[str, Health],
    active: str,
    now: float,
    rules: FailoverRules,
) -> Decision:
    """Return what to do about a ticker; ``health`` has the legs that run."""
    times: list[float] = []
    chosen = _active(order, health, active, now, rules, times)
    running = _running(order, health, chosen, now, rules, times)
    ahead = [at for at in times if at > now]
    return Decision(chosen, running, min(ahead, default=None))


def _active(
    order: tuple[str, ...],
    health: Mapping[str, Health],
    active: str,
    now: float,
    rules: FailoverRules,
    times: list[float],
) -> str:
    place = order.index(active)
    present = health.get(active)
    for source in order[:place]:
        better = health.get(source)
        if better is None or not better.healthy:
            continue
        proven = better.since + rules.return_after
        if present is None or not present.healthy or proven <= now:
            return source
        times.append(proven)
    if present is not None and not _given_up(present, now, rules, times):
        return active
    for source in order[place + 1 :]:
        other = health.get(source)
        if other is not None and other.healthy:
            return source
    return active


def _running(
    order: tuple[str, ...],
    health: Mapping[str, Health],
    active: str,
    now: float,
    rules: FailoverRules,
    times: list[float],
) -> tuple[str, ...]:
    """Return the sources that must run: down to the first one that can be relied on."""
    running: list[str] = []
    for place, source in enumerate(order):
        running.append(source)
        leg = health.get(source)
        needed = leg is not None and _given_up(leg, now, rules, times)
        # What stands behind a source that has just come back stays until it has proven itself.
        behind = order[place + 1 : place + 2]
        unproven = (
            leg is not None
            and leg.healthy
            and now < leg.since + rules.return_after
            and any(name in health for name in behind)
        )
        if leg is not None and unproven:
            times.append(leg.since + rules.return_after)
        if not needed and not unproven:
            break
    if rules.warm:
        running += order[1:2]
    publishing = health.get(active)
    if publishing is None or not publishing.healthy:
        # A source that works is not closed while the one that publishes does not.
        running += [source for source, leg in health.items() if leg.healthy]
    return tuple(sorted({*running, active}, key=order.index))


def _given_up(leg: Health, now: float, rules: FailoverRules, times: list[float]) -> bool:
    """Tell whether a source has been ill for too long; note when it will have been."""
    if leg.healthy:
        return False
    if leg.over:
        return True
    until = leg.since + (rules.after if leg.tried else rules.first_within)
    times.append(until)
    return until <= now
