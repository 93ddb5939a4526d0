"""What the source ``binance`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Feed, Outlet


def _venue(symbol: str, config: Config) -> str | None:
    settings = config.sources.binance
    exchange, ticker = split_symbol(symbol)
    # Perpetuals are on another host, with other streams.
    mine = exchange == settings.exchange and not ticker.endswith(".P")
    return exchange if settings.enabled and mine else None


def _load() -> Callable[[Config, Outlet], Feed]:
    from cryptostream.sources.binance.source import BinanceSource  # noqa: PLC0415

    return lambda config, outlet: BinanceSource(config.sources.binance, outlet)


KIND = SourceKind(
    name="binance",
    summary="public streams of Binance: trades, best bid and ask, numbers of the day",
    capabilities=Capabilities(trades=True, bid_ask=True, history=False),
    policy=UsePolicy(
        automated=True,
        redistribution=False,
        needs_key=False,
        terms="Binance's public market data may be read by programs; passing it on to others "
        "needs their consent.",
    ),
    timeliness=Timeliness.REAL_TIME,
    venue=_venue,
    load=_load,
)
