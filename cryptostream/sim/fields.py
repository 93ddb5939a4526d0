"""The fields of a quote as the quote socket names them, and what faults do to them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cryptostream.sim.quote import QUANTITY_DECIMALS, Quote, to_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptostream.sim.instruments import Instrument

Fields = dict[str, object]

_CENT = Decimal("0.01")
_TYPES = {"USDT": "crypto", "BTC": "crypto", "ETH": "crypto"}


def book_fields(instrument: Instrument, quote: Quote) -> Fields:
    """Return the best bid and offer."""
    return {
        "bid": to_decimal(quote.bid, instrument.decimals),
        "bid_size": to_decimal(quote.bid_size, QUANTITY_DECIMALS),
        "ask": to_decimal(quote.ask, instrument.decimals),
        "ask_size": to_decimal(quote.ask_size, QUANTITY_DECIMALS),
    }


def trade_fields(instrument: Instrument, quote: Quote) -> Fields:
    """Return what a trade changes; the change is in price and in percent since the last close."""
    change = quote.last - quote.previous_close
    percent = (Decimal(100 * change) / Decimal(quote.previous_close)).quantize(_CENT)
    return {
        "lp": to_decimal(quote.last, instrument.decimals),
        "lp_time": quote.time_ms // 1000,
        "ch": to_decimal(change, instrument.decimals),
        "chp": percent,
        "volume": to_decimal(quote.volume, QUANTITY_DECIMALS),
    }


def change_fields(instrument: Instrument, quote: Quote, *, traded: bool) -> Fields:
    """Return the delta of one change of the market."""
    book = book_fields(instrument, quote)
    return trade_fields(instrument, quote) | book if traded else book


def snapshot_fields(instrument: Instrument, quote: Quote) -> Fields:
    """Return everything that is known of a ticker."""
    prices = {
        "open_price": quote.open,
        "high_price": quote.high,
        "low_price": quote.low,
        "prev_close_price": quote.previous_close,
    }
    return {
        "trade_loaded": True,
        "currency_code": instrument.quote,
        "current_session": "market" if instrument.trading else "out_of_session",
        "description": instrument.description,
        "exchange": instrument.exchange,
        "fractional": False,
        "is_tradable": instrument.trading,
        "minmov": 1,
        "minmove2": 0,
        "original_name": instrument.symbol,
        "pricescale": instrument.pricescale,
        "pro_name": instrument.symbol,
        "provider_id": instrument.exchange.lower(),
        "short_name": instrument.ticker,
        "timezone": "Etc/UTC",
        "type": _TYPES.get(instrument.quote, "spot"),
        "typespecs": ["crypto"],
        "update_mode": "streaming",
        "base-currency-logoid": f"crypto/XTVC{instrument.base}",
        "currency-logoid": f"crypto/XTVC{instrument.quote}",
        **{name: to_decimal(value, instrument.decimals) for name, value in prices.items()},
        **change_fields(instrument, quote, traded=True),
    }


def distorted(fields: Fields, faults: Mapping[str, Mapping[str, object]]) -> Fields:
    """Return the fields as the active faults falsify them."""
    price = fields.get("lp")
    changed: Fields = {}
    if isinstance(price, Decimal):
        if "zero" in faults:
            changed["lp"] = price * 0
        elif "negative" in faults:
            changed["lp"] = -price
        elif "price_spike" in faults:
            changed["lp"] = price * Decimal(str(faults["price_spike"]["factor"]))
    if "delayed" in faults and "update_mode" in fields:
        minutes = int(str(faults["delayed"]["minutes"]))
        changed["update_mode"] = f"delayed_streaming_{60 * minutes}"
    left = {n: v for n, v in fields.items() if not (n == "lp_time" and "freeze_time" in faults)}
    return left | changed
