"""Why the gateway ends a connection: codes that say whether to reconnect.

4000 to 4499 mean: reconnect. 4500 to 4999 mean: do not, a person has to do something. The
numbers are part of ``docs/http.md``.
"""

from __future__ import annotations

import enum


class Close(enum.IntEnum):
    """Close codes of the gateway's own; the name in small letters is the reason that is sent."""

    SHUTDOWN = 4000
    SLOW = 4001
    TOO_MANY_VIEWERS = 4002
    BAD_TOKEN = 4500
    NO_TOKEN = 4501
    MALFORMED = 4502
    FLOOD = 4503

    @property
    def reason(self) -> str:
        """The word that goes with the code."""
        return self.name.lower()

    @property
    def reconnect(self) -> bool:
        """Whether a viewer should come back by itself."""
        return self < Close.BAD_TOKEN
