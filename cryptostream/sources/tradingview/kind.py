"""What the source ``tradingview`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from cryptostream.config.settings import Config


def _venue(symbol: str, _config: Config) -> str:
    return split_symbol(symbol)[0]


KIND = SourceKind(
    name="tradingview",
    summary="symbol pages of TradingView, read in a real browser",
    capabilities=Capabilities(trades=False, bid_ask=True, history=False),
    policy=UsePolicy(
        automated=False,
        redistribution=False,
        needs_key=False,
        terms="TradingView's terms forbid automated collection; for display to yourself, at "
        "your own decision.",
    ),
    timeliness=Timeliness.REAL_TIME,
    venue=_venue,
    # Pages need browsers, which are processes of their own.
    load=None,
    opening=4,
)
