"""Where prices come from: each source's own settings, and the order between them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cryptostream.config.binance import Binance
from cryptostream.config.ccxt import Ccxt
from cryptostream.config.coingecko import CoinGecko
from cryptostream.config.kinds import Seconds, SecondsOrZero, doc
from cryptostream.config.tradingview import TradingView


class Sources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where prices come from: which source first, and when the next one takes over."""

    order: Annotated[tuple[str, ...], doc("sources of a ticker, the preferred one first")] = (
        "tradingview",
        "binance",
        "coingecko",
    )
    orders: Annotated[
        tuple[str, ...],
        doc('other orders for some tickers, first match wins: "KRAKEN:*=ccxt+tradingview"'),
    ] = ()
    other_venue: Annotated[
        Literal["hold", "accept"],
        doc("take a source that has another exchange's price for the ticker, or rather none"),
    ] = "hold"
    standby: Annotated[
        Literal["cold", "warm"], doc("warm = the second source of each ticker always runs")
    ] = "cold"
    failover_after: Annotated[
        SecondsOrZero, doc("how long a source may be ill before the next takes over; seconds")
    ] = 3.0
    first_value_within: Annotated[
        Seconds, doc("how long a source may take to its first price before the next; seconds")
    ] = 15.0
    return_after: Annotated[
        SecondsOrZero, doc("a better source takes back once healthy for so long; seconds")
    ] = 30.0
    options: Annotated[
        tuple[str, ...],
        doc('settings of sources that others wrote: "lines.address=127.0.0.1:9999"'),
    ] = ()
    tradingview: TradingView = TradingView()
    binance: Binance = Binance()
    coingecko: CoinGecko = CoinGecko()
    ccxt: Ccxt = Ccxt()

    def option(self, source: str, key: str, default: str = "") -> str:
        """Return a setting of a source that is not ours; the last one given wins."""
        found = default
        for option in self.options:
            name, _, value = option.partition("=")
            found = value if name == f"{source}.{key}" else found
        return found
