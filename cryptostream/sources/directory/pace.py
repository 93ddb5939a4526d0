"""When an exchange is asked for its listing: arithmetic over times; all of them in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from supervisors.backoff import ceiling
from supervisors.spec import Backoff

# First wait, factor and longest wait after failures: an exchange that is down or that does not
# serve this region is not asked more than four times an hour.
RETRY = Backoff(first=15.0, factor=2.0, cap=900.0)
# Up to this part of a wait is added by chance, so that many daemons do not ask together.
_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """The age at which a listing is fetched again, and the waits after failures."""

    refresh: float
    retry: Backoff = field(default=RETRY)

    def is_due(self, fetched: float, now: float) -> bool:
        """Tell whether a listing of this time is to be fetched again; one of the future is."""
        return not 0 <= now - fetched < self.refresh

    def until_due(self, fetched: float, now: float, chance: float) -> float:
        """Return the wait until a listing is due; ``chance`` is from [0, 1]."""
        if self.is_due(fetched, now):
            return 0.0
        return fetched + self.refresh - now + self.refresh * _SPREAD * chance

    def after_failure(self, failures: int, retry_after: float | None, chance: float) -> float:
        """Return the wait after so many failures in a row (1, 2, …).

        What the exchange asked for (``Retry-After``) is the least.
        """
        own = ceiling(failures - 1, self.retry)
        return max(own, retry_after or 0.0) * (1 + _SPREAD * chance)
