"""The settings of the source ``ccxt``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cryptostream.config.kinds import Count, Seconds, doc

# EXCHANGE as a ticker names it = the library's id of it.
Exchange = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{1,19}=[a-z][a-z0-9]{1,39}$")]
# The library's id : a path into its table of addresses = another address.
Override = Annotated[
    str,
    msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,39}:[A-Za-z0-9_.-]+=(https?|wss?)://[^\s/]+[^\s]*$"),
]

EXCHANGES = (
    "BINANCE=binance",
    "BINANCEUS=binanceus",
    "BINGX=bingx",
    "BITFINEX=bitfinex",
    "BITFLYER=bitflyer",
    "BITGET=bitget",
    "BITHUMB=bithumb",
    "BITSO=bitso",
    "BITSTAMP=bitstamp",
    "BITVAVO=bitvavo",
    "BYBIT=bybit",
    "CEXIO=cex",
    "COINBASE=coinbase",
    "CRYPTOCOM=cryptocom",
    "GATEIO=gate",
    "GEMINI=gemini",
    "HITBTC=hitbtc",
    "HTX=htx",
    "KRAKEN=kraken",
    "KUCOIN=kucoin",
    "LBANK=lbank",
    "MEXC=mexc",
    "OKX=okx",
    "PHEMEX=phemex",
    "POLONIEX=poloniex",
    "UPBIT=upbit",
    "WHITEBIT=whitebit",
)


class Ccxt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any exchange that the library ccxt knows."""

    enabled: Annotated[bool, doc("whether exchanges may be asked through the library ccxt")] = True
    exchanges: Annotated[
        tuple[Exchange, ...], doc("exchanges reached through ccxt, as EXCHANGE=its id in ccxt")
    ] = EXCHANGES
    urls: Annotated[
        tuple[Override, ...],
        doc('other addresses in the tables of ccxt: "kraken:api.public=http://127.0.0.1:7790"'),
    ] = ()
    poll_period: Annotated[
        Seconds, doc("exchanges that ccxt cannot stream are asked so often; seconds")
    ] = 5.0
    silence: Annotated[
        Seconds, doc("a connection of ccxt that is silent for so long is made anew; seconds")
    ] = 30.0
    first_value_timeout: Annotated[
        Seconds, doc("how long a market at ccxt may take to show a price; seconds")
    ] = 20.0
    timeout: Annotated[Seconds, doc("how long one call through ccxt may take; seconds")] = 10.0
    max_symbols: Annotated[Count, doc("tickers that one exchange carries through ccxt")] = 200
