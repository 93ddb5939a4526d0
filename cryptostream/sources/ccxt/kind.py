"""What the source ``ccxt`` is."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from cryptostream.errors import StartError
from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.sources.ccxt.names import ids_by_exchange
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Feed, Outlet


# Looked for while this module is loaded: later it would hold up a loop.
INSTALLED = importlib.util.find_spec("ccxt") is not None


def _venue(symbol: str, config: Config) -> str | None:
    settings = config.sources.ccxt
    exchange, ticker = split_symbol(symbol)
    # A dot marks what is not traded on a spot market: BTCUSDT.P is a perpetual.
    has = exchange in ids_by_exchange(settings.exchanges) and "." not in ticker
    return exchange if settings.enabled and has else None


def _load() -> Callable[[Config, Outlet], Feed]:
    if not INSTALLED:
        raise StartError(
            "the source ccxt needs the library ccxt, which is not installed",
            code="missing_extra",
            hint="pip install 'cryptostream[ccxt]', or set sources.ccxt.enabled = false",
        )
    from cryptostream.sources.ccxt.source import CcxtSource  # noqa: PLC0415

    return lambda config, outlet: CcxtSource(config.sources.ccxt, outlet)


KIND = SourceKind(
    name="ccxt",
    summary="any exchange that the library ccxt knows: its streams, or polls where it has none",
    capabilities=Capabilities(trades=True, bid_ask=True, history=False),
    policy=UsePolicy(
        automated=True,
        redistribution=False,
        needs_key=False,
        terms="The public interfaces of each exchange under its own terms; most allow automated "
        "display and no redistribution.",
    ),
    timeliness=Timeliness.REAL_TIME,
    venue=_venue,
    load=_load,
)
