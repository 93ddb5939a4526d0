"""The settings of the source ``binance``."""

from __future__ import annotations

import msgspec


class Binance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public streams of Binance: ticks with bid and ask, and trades."""
