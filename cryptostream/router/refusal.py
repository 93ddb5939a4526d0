"""How long a host that refuses us is left alone. Pure; times in seconds on the caller's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.router.instructions import Rules
    from cryptostream.wire.hop import Report

# The longest pause that we let a host ask for: whoever asks for more is asked again.
LONGEST_PAUSE = 86_400.0
# The longest pause that we take by ourselves, and how often it is doubled at most on the way.
_LONGEST_OWN = 3600.0
_DOUBLINGS = 10
# Up to this share comes on top, so that hosts do not see all of us come back at once.
_JITTER = 0.25


class Refusal:
    """The pause before a source is tried again; ``until`` is its end."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._times = 0
        self.until = 0.0

    def note(self, report: Report, now: float) -> None:
        """Take a page's word that the host refused it."""
        asked = asked_pause(report)
        if now < self.until:
            # One refusal is meant for all pages of the host; only a longer pause counts.
            self.until = max(self.until, now + asked)
            return
        grown = self._rules.blocked_pause * 2.0 ** min(self._times, _DOUBLINGS)
        pause = min(_LONGEST_OWN, grown) * (1.0 + _JITTER * self._rules.jitter())
        self._times += 1
        self.until = now + max(pause, asked)

    def forgive(self) -> None:
        """Begin with the shortest pause again: the host serves us."""
        self._times = 0


def asked_pause(report: Report) -> float:
    """Return the pause in s that the far side asked for, within reason."""
    asked = report.retry_after or 0.0
    return min(asked, LONGEST_PAUSE) if asked > 0 else 0.0
