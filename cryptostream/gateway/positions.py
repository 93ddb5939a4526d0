"""The kinds of records, and where a viewer stands in each."""

from __future__ import annotations

from cryptostream.wire.topics import STATUS, TICK, TRADE

__all__ = ["STATUS", "TICK", "TRADE", "Cursor", "Cursors"]

# Position of the newest record that a viewer has of a symbol and kind: (epoch, seq).
Cursor = tuple[int, int]
# Canonical symbol -> kind -> cursor.
Cursors = dict[str, dict[str, Cursor]]
