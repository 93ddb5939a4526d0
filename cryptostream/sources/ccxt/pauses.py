"""How long an exchange is left alone after a failure: ccxt itself would be back at once. Pure."""

from __future__ import annotations

# The first pause and the longest one (s); each is twice as long as the one before.
FIRST, LONGEST = 0.5, 60.0
# Whoever says "too many calls" without a time is left alone for so long at least (s).
LIMITED = 10.0
# A connection that lasted so long (s) was a good one: pauses begin anew.
STABLE = 30.0


def pause_after(failures: int, code: str, retry_after: float | None, chance: float) -> float:
    """Return the pause (s) after so many failures in a row; ``chance`` is from 0 to 1.

    A pause that the exchange asks for is kept; the others are shortened by chance, by half at
    most, so that not all that failed together come back together.
    """
    own = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 20)) * (1.0 - chance / 2)
    if retry_after is None:
        retry_after = LIMITED if code == "rate_limited" else 0.0
    return max(own, retry_after)


def failures_after(failures: int, lasted: float) -> int:
    """Return the failures in a row to count from after a connection that lasted so long (s)."""
    return 0 if lasted >= STABLE else failures
