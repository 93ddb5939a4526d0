"""The kinds of records, and where a viewer stands in each."""

from __future__ import annotations

from cryptostream.wire.topics import STATUS, TICK, TRADE

__all__ = ["STATUS", "TICK", "TRADE", "UNKNOWN", "Cursor", "Cursors"]

# Position of the newest record that a viewer has of a symbol and kind: (epoch, seq).
Cursor = tuple[int, int]
# The position of who had something, and nobody can tell what: no record is after it for sure.
UNKNOWN: Cursor = (0, -1)
# Canonical symbol -> kind -> cursor.
Cursors = dict[str, dict[str, Cursor]]
