"""The market-data part of Binance's REST beyond the listing: pure answers (status, body)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sim import binance_payloads as payloads
from cryptostream.sim.binance_payloads import DAY_MS, number, quantity
from cryptostream.sim.directory import BAD_SYMBOL, listed, wanted_tickers
from cryptostream.sim.quote import QUANTITY_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.sim.directory import Answer
    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.quote import Print, Quote

    Query = Mapping[str, str]
    QuoteOf = Callable[[str], Quote]
    Entry = Callable[[Instrument, Quote], dict[str, object]]

_DEFAULT_TRADES, _MOST_TRADES = 500, 1000
_NO_SYMBOL: Answer = (
    400,
    {
        "code": -1102,
        "msg": "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
    },
)
_BAD_LIMIT: Answer = (
    400,
    {
        "code": -1100,
        "msg": "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'.",
    },
)


def price_weight(query: Query) -> int:
    """Return the weight of ``/ticker/price`` and ``/ticker/bookTicker``."""
    return 2 if "symbol" in query else 4


def day_weight(query: Query) -> int:
    """Return the weight of ``/ticker/24hr``: it grows with the number of symbols."""
    if "symbol" in query:
        return 2
    names = wanted_tickers(query)
    asked = len(names) if isinstance(names, list) else 1000
    return 2 if asked <= 20 else 40 if asked <= 100 else 80  # noqa: PLR2004  the documented steps


def book_ticker(query: Query, gone: Iterable[str], quote: QuoteOf) -> Answer:
    """Answer ``/ticker/bookTicker``."""
    return _entries(query, gone, quote, _book)


def day_ticker(query: Query, gone: Iterable[str], quote: QuoteOf, now_ms: int) -> Answer:
    """Answer ``/ticker/24hr``, in its full or short form."""

    def entry(one: Instrument, now: Quote) -> dict[str, object]:
        short = _mini(one, now, now_ms)
        return short if query.get("type") == "MINI" else _full(one, now) | short

    return _entries(query, gone, quote, entry)


def trades(query: Query, gone: Iterable[str], prints: Callable[[str], list[Print]]) -> Answer:
    """Answer ``/trades``: the newest last, 500 unless told otherwise."""
    names = wanted_tickers(query)
    if "symbol" not in query or isinstance(names, tuple):
        return _NO_SYMBOL
    one = listed(gone).get(query["symbol"])
    if one is None:
        return BAD_SYMBOL
    limit = query.get("limit", str(_DEFAULT_TRADES))
    if not (limit.isascii() and limit.isdigit()):
        return _BAD_LIMIT
    wanted = min(_MOST_TRADES, max(1, int(limit)))
    return 200, [_trade(one, done) for done in prints(one.symbol)[-wanted:]]


def _entries(query: Query, gone: Iterable[str], quote: QuoteOf, entry: Entry) -> Answer:
    known = listed(gone)
    names = wanted_tickers(query)
    if isinstance(names, tuple):
        return names
    if any(name not in known for name in names or ()):
        return BAD_SYMBOL
    chosen = [known[name] for name in (known if names is None else names)]
    found = [entry(one, quote(one.symbol)) for one in chosen]
    return 200, found[0] if "symbol" in query else found


def _book(one: Instrument, quote: Quote) -> dict[str, object]:
    return {
        "symbol": one.ticker,
        "bidPrice": number(quote.bid, one.decimals),
        "bidQty": quantity(quote.bid_size),
        "askPrice": number(quote.ask, one.decimals),
        "askQty": quantity(quote.ask_size),
    }


def _full(one: Instrument, quote: Quote) -> dict[str, object]:
    return {
        "symbol": one.ticker,
        "priceChange": number(quote.last - quote.open, one.decimals),
        "priceChangePercent": payloads.percent(quote),
        "weightedAvgPrice": payloads.average(one, quote.turnover, quote.volume),
        "prevClosePrice": number(quote.previous_close, one.decimals),
        "lastPrice": number(quote.last, one.decimals),
        "lastQty": quantity(quote.quantity),
        **_book(one, quote),
    }


def _mini(one: Instrument, quote: Quote, now_ms: int) -> dict[str, object]:
    return {
        "symbol": one.ticker,
        "openPrice": number(quote.open, one.decimals),
        "highPrice": number(quote.high, one.decimals),
        "lowPrice": number(quote.low, one.decimals),
        "lastPrice": number(quote.last, one.decimals),
        "volume": quantity(quote.volume),
        "quoteVolume": payloads.turnover(one, quote),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": quote.number - quote.trades + 1,
        "lastId": quote.number,
        "count": quote.trades,
    }


def _trade(one: Instrument, done: Print) -> dict[str, object]:
    money = done.price * done.quantity // 10**QUANTITY_DECIMALS
    return {
        "id": done.number,
        "price": number(done.price, one.decimals),
        "qty": quantity(done.quantity),
        "quoteQty": number(money, one.decimals),
        "time": done.time_ms,
        "isBuyerMaker": done.buyer_is_maker,
        "isBestMatch": True,
    }
