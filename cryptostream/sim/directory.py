"""The exchange's REST and the scanner: pure answers (status, body) to parsed questions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cryptostream.sim.fields import Fields, snapshot_fields
from cryptostream.sim.instruments import INSTRUMENTS, Instrument
from cryptostream.sim.quote import QUANTITY_DECIMALS, to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.sim.quote import Quote

Answer = tuple[int, object]

_HOME = "BINANCE"
_NAME = re.compile(r"[\w\-.]{1,50}")
BAD_SYMBOL: Answer = (400, {"code": -1121, "msg": "Invalid symbol."})
_EMPTY: Answer = (400, {"code": -1105, "msg": "Parameter 'symbol' was empty."})
_BOTH: Answer = (400, {"code": -1101, "msg": "Too many parameters sent."})
_ILLEGAL: Answer = (
    400,
    {
        "code": -1100,
        "msg": "Illegal characters found in parameter 'symbol'; legal range is "
        "'^[A-Z0-9-_.]{1,20}$'.",
    },
)
RESTRICTED = {
    "code": 0,
    "msg": "Service unavailable from a restricted location (simulated).",
}
# The columns of the scanner, and the fields that hold them.
_COLUMNS = {
    "close": "lp",
    "change": "chp",
    "change_abs": "ch",
    "volume": "volume",
    "description": "description",
    "type": "type",
    "exchange": "exchange",
    "currency": "currency_code",
    "name": "short_name",
    "bid": "bid",
    "ask": "ask",
    "high": "high_price",
    "low": "low_price",
    "open": "open_price",
}


def listed(gone: Iterable[str] = ()) -> dict[str, Instrument]:
    """Return what the exchange lists, by ticker, without what is delisted."""
    away = set(gone)
    return {
        one.ticker: one
        for one in INSTRUMENTS.values()
        if one.exchange == _HOME and one.symbol not in away
    }


def _filters(one: Instrument) -> list[dict[str, object]]:
    """Return the grids of prices and quantities."""
    tick = format(to_decimal(1, one.decimals), "f")
    step = format(to_decimal(1, QUANTITY_DECIMALS), "f")
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000",
         "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000000.00000000", "stepSize": step},
    ]  # fmt: skip


def exchange_symbol(one: Instrument, *, halted: bool = False) -> dict[str, object]:
    """Return the entry of one ticker in exchangeInfo."""
    return {
        "symbol": one.ticker,
        "status": "BREAK" if halted else one.status,
        "baseAsset": one.base,
        "baseAssetPrecision": 8,
        "quoteAsset": one.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "icebergAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": _filters(one),
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def wanted_tickers(query: Mapping[str, str]) -> list[str] | Answer | None:
    """Return the tickers that a question names, None for all, or the error to answer."""
    if "symbol" in query and "symbols" in query:
        return _BOTH
    if "symbol" in query:
        return [query["symbol"]] if query["symbol"] else _EMPTY
    if "symbols" not in query:
        return None
    try:
        names = json.loads(query["symbols"])
    except ValueError:
        return _ILLEGAL
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return _ILLEGAL
    return names


def exchange_info(
    query: Mapping[str, str], gone: Iterable[str], now_ms: int, halted: Iterable[str] = ()
) -> Answer:
    """Answer ``/api/v3/exchangeInfo``; one unknown ticker fails the whole question.

    ``gone`` is not listed any more, ``halted`` does not trade now.
    """
    known = listed(gone)
    names = wanted_tickers(query)
    if isinstance(names, tuple):
        return names
    if names is not None and ("permissions" in query or "symbolStatus" in query):
        return _BOTH
    for name in names or ():
        if not _NAME.fullmatch(name):
            return _ILLEGAL
        if name not in known:
            return BAD_SYMBOL
    status, still = query.get("symbolStatus"), set(halted)
    chosen = [known[name] for name in (known if names is None else names)]
    entries = [exchange_symbol(one, halted=one.symbol in still) for one in chosen]
    symbols = [entry for entry in entries if status in (None, entry["status"])]
    limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
               "limit": 6000}]  # fmt: skip
    return 200, {"timezone": "UTC", "serverTime": now_ms, "rateLimits": limits,
                 "exchangeFilters": [], "symbols": symbols}  # fmt: skip


def ticker_price(
    query: Mapping[str, str], gone: Iterable[str], quote: Callable[[str], Quote]
) -> Answer:
    """Answer ``/api/v3/ticker/price``: one entry for ``symbol=``, else a list."""
    known = listed(gone)
    names = wanted_tickers(query)
    if isinstance(names, tuple):
        return names
    if any(name not in known for name in names or ()):
        return BAD_SYMBOL
    entries = [
        {
            "symbol": one.ticker,
            "price": format(to_decimal(quote(one.symbol).last, one.decimals), "f"),
        }
        for one in (known[name] for name in (known if names is None else names))
    ]
    return 200, entries[0] if "symbol" in query else entries


def _column(name: str, fields: Fields) -> object:
    return fields.get(_COLUMNS.get(name, ""))


def scanner_symbol(
    query: Mapping[str, str], gone: Iterable[str], quote: Callable[[str], Quote]
) -> Answer:
    """Answer the scanner's question after one symbol: a flat object, or 404."""
    symbol = query.get("symbol", "")
    instrument = INSTRUMENTS.get(symbol)
    if instrument is None or symbol in set(gone):
        quiet = query.get("no_404") == "true"
        return (200, {}) if quiet else (404, {"code": "symbol_not_exists"})
    fields = snapshot_fields(instrument, quote(symbol))
    names = query.get("fields", "close").split(",")
    return 200, {name: _column(name, fields) for name in names}


def scan(body: object, gone: Iterable[str], quote: Callable[[str], Quote]) -> Answer:
    """Answer ``/crypto/scan``: the named columns of the known symbols; unknown ones are missing."""
    away = set(gone)
    if not isinstance(body, dict):
        return 400, {"totalCount": 0, "error": "the body is not an object", "data": None}
    columns = body.get("columns", ["name", "close"])
    asked = body.get("symbols", {})
    tickers = asked.get("tickers") if isinstance(asked, dict) else None
    names = tickers if isinstance(tickers, list) and tickers else list(INSTRUMENTS)
    if not isinstance(columns, list):
        return 400, {"totalCount": 0, "error": "columns is not a list", "data": None}
    data = []
    for name in names:
        instrument = INSTRUMENTS.get(name) if isinstance(name, str) else None
        if instrument is not None and instrument.symbol not in away:
            fields = snapshot_fields(instrument, quote(instrument.symbol))
            data.append({"s": name, "d": [_column(str(c), fields) for c in columns]})
    return 200, {"totalCount": len(data), "data": data}
