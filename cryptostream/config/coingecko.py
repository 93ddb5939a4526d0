"""The settings of the source ``coingecko``."""

from __future__ import annotations

import msgspec


class CoinGecko(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One poll for all tickers: prices averaged over many exchanges."""
