"""The settings of the symbol directory."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cryptostream.config.kinds import OptionalWebAddress, Seconds, doc

# Kraken's own names of two assets, and a coin that was renamed in September 2024.
ALIASES = ("XBT=BTC", "XDG=DOGE", "MATIC=POL")

Alias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,20}=[A-Z0-9]{1,20}$")]


class Directory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The symbol directory: is this a real ticker, before anything is opened for it."""

    enabled: Annotated[bool, doc("check tickers before opening pages")] = True
    binance_url: Annotated[OptionalWebAddress, doc("Binance REST API; empty = do not ask it")] = (
        "https://data-api.binance.vision"
    )
    kraken_url: Annotated[OptionalWebAddress, doc("Kraken REST API; empty = do not ask it")] = (
        "https://api.kraken.com"
    )
    coinbase_url: Annotated[
        OptionalWebAddress, doc("Coinbase Exchange REST API; empty = do not ask it")
    ] = "https://api.exchange.coinbase.com"
    timeout: Annotated[Seconds, doc("how long fetching a listing may take; seconds")] = 15.0
    refresh: Annotated[
        float,
        # Listings change a few times a day; each costs the exchange some megabytes.
        msgspec.Meta(ge=60),
        doc("age at which a listing is fetched again; seconds"),
    ] = 3600.0
    max_age: Annotated[
        Seconds, doc("what a listing older than this does not have is unknown; seconds")
    ] = 604_800.0
    cache: Annotated[bool, doc("keep the listings on disk for the next start")] = True
    aliases: Annotated[
        tuple[Alias, ...], doc("OLD=NEW: other names of assets (XBT=BTC) or of whole tickers")
    ] = ALIASES
