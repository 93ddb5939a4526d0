"""The replica of Kraken's REST: names of pairs, and pure answers to parsed questions.

An answer is what stands in the body: ``{"error": [], "result": {…}}``. Prices are text with
at least five decimals, quantities with eight, as the exchange writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from cryptostream.sim.instruments import INSTRUMENTS, Instrument
from cryptostream.sim.quote import QUANTITY_DECIMALS, Print, Quote, to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Body = dict[str, object]

UNAVAILABLE = "EService:Unavailable"
LIMITED = "EAPI:Rate limit exceeded"
_UNKNOWN_PAIR = "EQuery:Unknown asset pair"
# The exchange's own names of assets, where they differ from everybody's.
_OLD_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
# Assets from before 2014 carry a letter: X for coins, Z for state money.
_COINS = frozenset({"BTC", "DOGE", "ETH", "LTC", "XRP", "XLM", "ZEC", "ETC"})
_MONEY = frozenset({"USD", "EUR"})
_QUANTITY_PLACES = 8
_PRICE_PLACES = 5
_MOST_TRADES = 1000
# A time with so many digits is in ns, a shorter one in s.
_NS_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of an instrument: REST knows ``id`` and ``altname``, the socket ``name``."""

    instrument: Instrument
    id: str
    altname: str
    wsname: str
    name: str
    base: str
    quote: str


def altname(asset: str) -> str:
    """Return an asset as the exchange's texts write it: XBT."""
    return _OLD_NAMES.get(asset, asset)


def asset_id(asset: str) -> str:
    """Return an asset as the exchange's keys write it: XXBT, ZUSD, SOL."""
    letter = "X" if asset in _COINS else "Z" if asset in _MONEY else ""
    return letter + altname(asset)


def _pair(one: Instrument) -> Pair:
    short = altname(one.base) + altname(one.quote)
    base, quote = asset_id(one.base), asset_id(one.quote)
    # Only pairs of two old assets have the long id; Dogecoin's never had it.
    old = base.startswith("X") and quote[0] in "XZ" and one.base != "DOGE"
    return Pair(
        instrument=one,
        id=base + quote if old else short,
        altname=short,
        wsname=f"{altname(one.base)}/{altname(one.quote)}",
        name=f"{one.base}/{one.quote}",
        base=base,
        quote=quote,
    )


PAIRS: tuple[Pair, ...] = tuple(
    _pair(one) for one in INSTRUMENTS.values() if one.exchange == "KRAKEN"
)
BY_NAME: dict[str, Pair] = {pair.name: pair for pair in PAIRS}
_BY_ANY: dict[str, Pair] = {
    name: pair for pair in PAIRS for name in (pair.id, pair.altname, pair.wsname)
}


def result(value: object) -> Body:
    """Return the body of a good answer."""
    return {"error": [], "result": value}


def refusal(error: str) -> Body:
    """Return the body of an error; its status is 200 as well."""
    return {"error": [error]}


def price_text(units: int, one: Instrument) -> str:
    """Return a price in ticks as REST writes it: 67102.30000."""
    places = max(_PRICE_PLACES, one.decimals)
    return format(to_decimal(units * 10 ** (places - one.decimals), places), "f")


def quantity_text(units: int) -> str:
    """Return a quantity in millionths as the exchange writes it, with eight decimals."""
    scale = 10 ** (_QUANTITY_PLACES - QUANTITY_DECIMALS)
    return format(to_decimal(units * scale, _QUANTITY_PLACES), "f")


def mean(quote: Quote) -> int:
    """Return the day's average price by volume, in whole ticks."""
    return quote.turnover // max(1, quote.volume)


# -- questions --------------------------------------------------------------------------


def server_time(now_ms: int) -> Body:
    """Answer ``/0/public/Time``."""
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return result({"unixtime": now_ms // 1000, "rfc1123": format_datetime(now)})


def system_status(now_ms: int, *, online: bool) -> Body:
    """Answer ``/0/public/SystemStatus``, which also works in maintenance."""
    stamp = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return result({"status": "online" if online else "maintenance", "timestamp": stamp})


def assets() -> Body:
    """Answer ``/0/public/Assets``."""
    names = sorted({name for pair in PAIRS for name in _assets_of(pair.instrument)})
    return result(
        {
            asset_id(name): {
                "aclass": "currency",
                "altname": altname(name),
                "decimals": 4 if name in _MONEY else 10,
                "display_decimals": 2 if name in _MONEY else 5,
                "status": "enabled",
            }
            for name in names
        }
    )


def _assets_of(one: Instrument) -> tuple[str, str]:
    return one.base, one.quote


def asset_pairs(query: Mapping[str, str], halted: Callable[[str], bool]) -> Body:
    """Answer ``/0/public/AssetPairs``: all, or those that ``pair=`` names."""
    chosen = _chosen(query)
    if chosen is None:
        return refusal(_UNKNOWN_PAIR)
    return result({pair.id: _listing(pair, halted(pair.instrument.symbol)) for pair in chosen})


def _listing(pair: Pair, halted: bool) -> Body:  # noqa: FBT001
    one = pair.instrument
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base,
        "aclass_quote": "currency",
        "quote": pair.quote,
        "lot": "unit",
        "cost_decimals": _PRICE_PLACES,
        "pair_decimals": one.decimals,
        "lot_decimals": _QUANTITY_PLACES,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": "0.0001",
        "costmin": "0.5",
        "tick_size": format(to_decimal(1, one.decimals), "f"),
        "status": "cancel_only" if halted else "online",
    }


def tickers(query: Mapping[str, str], quote_of: Callable[[str], Quote]) -> Body:
    """Answer ``/0/public/Ticker``: all pairs, or those that ``pair=`` names."""
    chosen = _chosen(query)
    if chosen is None:
        return refusal(_UNKNOWN_PAIR)
    return result({p.id: _ticker(p.instrument, quote_of(p.instrument.symbol)) for p in chosen})


def _ticker(one: Instrument, quote: Quote) -> Body:
    def price(units: int) -> str:
        return price_text(units, one)

    lots, average = quantity_text(quote.volume), price(mean(quote))
    return {
        "a": [price(quote.ask), "1", quantity_text(quote.ask_size)],
        "b": [price(quote.bid), "1", quantity_text(quote.bid_size)],
        "c": [price(quote.last), quantity_text(quote.quantity)],
        "v": [lots, lots],
        "p": [average, average],
        "t": [quote.trades, quote.trades],
        "l": [price(quote.low), price(quote.low)],
        "h": [price(quote.high), price(quote.high)],
        "o": price(quote.open),
    }


def trades(query: Mapping[str, str], prints_of: Callable[[str], list[Print]]) -> Body:
    """Answer ``/0/public/Trades`` of one pair: ``since=`` in s or ns, ``count=`` at most."""
    pair = _BY_ANY.get(query.get("pair", ""))
    if pair is None:
        return refusal(_UNKNOWN_PAIR)
    since, most = query.get("since", "0"), query.get("count", str(_MOST_TRADES))
    if not (since + most).isdigit():
        return refusal("EGeneral:Invalid arguments")
    after_ns = int(since) if len(since) >= _NS_DIGITS else int(since) * 1_000_000_000
    prints = [p for p in prints_of(pair.instrument.symbol) if p.time_ms * 1_000_000 > after_ns]
    chosen = prints[-min(int(most), _MOST_TRADES) :]
    newest = str(chosen[-1].time_ms * 1_000_000) if chosen else since
    return result({pair.id: [_trade(pair.instrument, p) for p in chosen], "last": newest})


def _trade(one: Instrument, print_: Print) -> list[object]:
    return [
        price_text(print_.price, one),
        quantity_text(print_.quantity),
        to_decimal(print_.time_ms, 3),
        "s" if print_.buyer_is_maker else "b",
        "m",
        "",
        print_.number,
    ]


def _chosen(query: Mapping[str, str]) -> Iterable[Pair] | None:
    """Return the pairs that a question names, all when it names none, ``None`` for unknown."""
    if not query.get("pair"):
        return PAIRS
    found = [_BY_ANY.get(name) for name in query["pair"].split(",")]
    known = [pair for pair in found if pair is not None]
    return known if len(known) == len(found) else None
