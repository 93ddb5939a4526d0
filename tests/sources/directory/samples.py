"""Short listings in the form of each exchange."""

from __future__ import annotations

from typing import Any

BINANCE, KRAKEN, COINBASE = "/api/v3/exchangeInfo", "/0/public/AssetPairs", "/products"


def binance_symbol(symbol: str, base: str, quote: str, status: str = "TRADING") -> dict[str, Any]:
    return {
        "symbol": symbol,
        "status": status,
        "baseAsset": base,
        "quoteAsset": quote,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "stepSize": "0.00001000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.00000000"},
        ],
    }


def kraken_pair(wsname: str, status: str = "online", **more: object) -> dict[str, Any]:
    base, _, quote = wsname.partition("/")
    return {
        "altname": base + quote,
        "wsname": wsname,
        "base": f"X{base}",
        "quote": f"Z{quote}",
        "pair_decimals": 1,
        "lot_decimals": 8,
        "tick_size": "0.1",
        "status": status,
        **more,
    }


def coinbase_product(name: str, status: str = "online", **more: object) -> dict[str, Any]:
    base, _, quote = name.partition("-")
    return {
        "id": name,
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "status": status,
        "trading_disabled": False,
        **more,
    }


LISTINGS: dict[str, Any] = {
    BINANCE: {
        "timezone": "UTC",
        "symbols": [
            binance_symbol("BTCUSDT", "BTC", "USDT"),
            binance_symbol("ETHUSDT", "ETH", "USDT"),
            binance_symbol("ETHBTC", "ETH", "BTC"),
            binance_symbol("POLUSDT", "POL", "USDT"),
            binance_symbol("LUNCUSDT", "LUNC", "USDT", "BREAK"),
        ],
    },
    KRAKEN: {
        "error": [],
        "result": {
            "XXBTZUSD": kraken_pair("XBT/USD"),
            "XETHZEUR": kraken_pair("ETH/EUR", pair_decimals=2, tick_size="0.01"),
            "XXDGZUSD": kraken_pair("XDG/USD", "cancel_only"),
        },
    },
    COINBASE: [
        coinbase_product("BTC-USD"),
        coinbase_product("ETH-USD", trading_disabled=True),
        coinbase_product("LUNA-USD", "delisted"),
    ],
}
