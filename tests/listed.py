"""A row of the symbol directory, for directories that tests make up."""

from __future__ import annotations

from cryptostream.symbols import Listed


def listed(symbol: str, **more: object) -> Listed:
    """Return a symbol as an exchange might list it."""
    fields = {
        "symbol": symbol,
        "base": "BTC",
        "quote": "USDT",
        "kind": "spot",
        "status": "TRADING",
        "trading": True,
        "tick_size": "0.01",
        "precision": 2,
        "lot_step": "0.00001",
        "name": "Bitcoin",
        "state": "fetched",
        "age": 73.5,
    }
    return Listed(**{**fields, **more})
