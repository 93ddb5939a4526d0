"""What the source ``coingecko`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.sources.coingecko.coins import VENUE, ids_by_asset, need_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Feed, Outlet


def _venue(symbol: str, config: Config) -> str | None:
    settings = config.sources.coingecko
    need = need_of(symbol)
    if not settings.enabled or need is None:
        return None
    known = settings.list_lookup or need.asset in ids_by_asset(settings.ids)
    return VENUE if known else None


def _load() -> Callable[[Config, Outlet], Feed]:
    from cryptostream.sources.coingecko.source import CoinGeckoSource  # noqa: PLC0415

    return lambda config, outlet: CoinGeckoSource(config.sources.coingecko, outlet)


KIND = SourceKind(
    name="coingecko",
    summary="CoinGecko: prices averaged over many exchanges, one poll a minute",
    capabilities=Capabilities(trades=False, bid_ask=False, history=False),
    policy=UsePolicy(
        automated=True,
        redistribution=False,
        needs_key=False,
        terms="CoinGecko's API terms: free for personal use with attribution, within the limits "
        "of the plan; no redistribution without a licence.",
    ),
    timeliness=Timeliness.SNAPSHOT,
    venue=_venue,
    load=_load,
)
