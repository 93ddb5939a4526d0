"""The settings of the source ``ccxt``."""

from __future__ import annotations

import msgspec


class Ccxt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any exchange that the library ccxt knows."""
