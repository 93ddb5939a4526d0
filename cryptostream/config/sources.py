"""Where prices come from: each source's own settings, and the order between them."""

from __future__ import annotations

import msgspec

from cryptostream.config.binance import Binance
from cryptostream.config.ccxt import Ccxt
from cryptostream.config.coingecko import CoinGecko
from cryptostream.config.tradingview import TradingView


class Sources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where prices come from."""

    tradingview: TradingView = TradingView()
    binance: Binance = Binance()
    coingecko: CoinGecko = CoinGecko()
    ccxt: Ccxt = Ccxt()
