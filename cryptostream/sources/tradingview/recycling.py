"""When a browser is replaced by a fresh one. Pure: its age and memory in, the reason out.

A browser that shows live pages for days grows. It is replaced before that matters, while
nothing is wrong yet and there is time to do it without a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
# Between two replacements, whatever the reason (s): a fresh browser needs its time to settle.
REST = 600.0
# A browser that begins near the limit with the pages that it has does not get below it by being
# replaced: it may grow by this much of what it began with.
_GROWTH = 1.5
# After an attempt that failed, the first pause and the longest (s); each is twice the last.
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 1800.0
# Attempts after which the pause does not grow any more.
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class RecycleRules:
    """``after`` (s) and ``above`` (bytes); 0 means never for this reason.

    ``rest`` (s) is the least time between two replacements for their memory's sake.
    """

    after: float
    above: int
    rest: float = REST


def why_recycle(age: float, memory: int, begun_with: int, rules: RecycleRules) -> str | None:
    """Return why a browser is to be replaced now, ``None`` while it may stay.

    ``age`` is in s; ``memory`` is what it takes with all its pages in bytes (0 where nobody
    could look), ``begun_with`` what it took when its pages had been opened (0 for one that began
    without any).
    """
    if rules.after and age >= rules.after:
        return f"it is {age:.0f} s old"
    if not rules.above or age < rules.rest:
        return None
    limit = max(rules.above, int(begun_with * _GROWTH))
    if memory > limit:
        return f"it takes {memory // MIB} MiB, more than {limit // MIB}"
    return None


def pause_after(failures: int, asked: float = 0.0) -> float:
    """Return how long (s) to wait after so many failures in a row; at least what was asked for."""
    return max(asked, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, _ATTEMPTS)))
