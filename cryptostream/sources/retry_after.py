"""The ``Retry-After`` header of HTTP, in both of its forms."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

# Nobody is meant to wait longer than this (s); a typing error of the far side must not either.
LONGEST = 86_400.0
# Longer numbers of seconds are no numbers of seconds.
_DIGITS = 9


def pause_of(header: str | None, now: float) -> float | None:
    """Return the pause that a host asks for, in seconds from ``now`` (Unix time, s).

    ``None`` when it asks for none, or for something unreadable.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return min(LONGEST, float(text))
    try:
        at = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(LONGEST, max(0.0, at - now))
