"""The replica of CoinGecko's price API: pure answers (status, body) to parsed questions.

All numbers are exact: they come from whole ticks and are written digit by digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from cryptostream.sim.coingecko_coins import COINS, Coin
from cryptostream.sim.coingecko_json import Number
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.quote import QUANTITY_DECIMALS, Quote, to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.sim.fault_table import Params

Answer = tuple[int, object]
Faults = dict[str, "Params"]

PING: Answer = (200, {"gecko_says": "(V3) To the Moon!"})
LIMITED = {
    "status": {
        "error_code": 429,
        "error_message": "You've exceeded the Rate Limit. Please visit "
        "https://www.coingecko.com/en/api/pricing to subscribe to our API plans for higher rate "
        "limits.",
    }
}
# A price in euro, or in another coin, is the dollar price over that currency's own.
_RATES = {"eur": ("BINANCE:BTCUSDT", "BINANCE:BTCEUR")}
_COIN_CURRENCIES = {"btc": "BINANCE:BTCUSDT", "eth": "BINANCE:ETHUSDT"}
CURRENCIES = ("usd", *_RATES, *_COIN_CURRENCIES)
_SHARES = Context(prec=17, rounding=ROUND_HALF_EVEN)
# Some number of coins in circulation: no more is asked of a simulated market value.
_SUPPLY = 21_000_000
_MOST_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the service has in its cache: quotes by listing, and when it took them (s)."""

    quotes: Mapping[str, Quote]
    taken: int


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of ``simple/price``; ``decimals`` is ``None`` for all there are."""

    ids: tuple[str, ...]
    currencies: tuple[str, ...]
    market_cap: bool
    volume: bool
    change: bool
    updated: bool
    decimals: int | None


def _names(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in query.get(name, "").split(",") if part.strip())


def ask(query: Mapping[str, str]) -> Question | Answer:
    """Return the question, or the error that answers it."""
    currencies = _names(query, "vs_currencies")
    if not currencies:
        return 422, {"error": "Missing parameter vs_currencies"}
    wanted = _names(query, "ids")
    if not wanted:
        return 422, {"error": "Missing parameter ids"}
    precision = query.get("precision", "full")
    whole = precision.isascii() and precision.isdigit() and int(precision[:3]) <= _MOST_DECIMALS
    if precision != "full" and not whole:
        return 400, {"error": "invalid precision"}

    def said(name: str) -> bool:
        return query.get(f"include_{name}") == "true"

    return Question(
        ids=wanted,
        currencies=tuple(c for c in currencies if c in CURRENCIES),
        market_cap=said("market_cap"),
        volume=said("24hr_vol"),
        change=said("24hr_change"),
        updated=said("last_updated_at"),
        decimals=int(precision) if whole else None,
    )


def prices(
    question: Question, snapshot_of: Callable[[str], Snapshot], faults_of: Callable[[str], Faults]
) -> Answer:
    """Answer ``simple/price``: unknown ids are absent.

    ``snapshot_of`` gives what the cache holds for a listing: a frozen coin has an older one.
    """
    found: dict[str, object] = {}
    for coin_id in question.ids:
        coin = COINS.get(coin_id)
        if coin is None or coin.listing is None:
            continue
        faults = faults_of(coin.listing)
        if "coingecko_absent" not in faults:
            found[coin_id] = _entry(coin.listing, question, snapshot_of(coin.listing), faults)
    return 200, found


def _entry(
    listing: str, question: Question, snapshot: Snapshot, faults: Faults
) -> dict[str, object]:
    entry: dict[str, object] = {}
    exponent = "coingecko_exponent" in faults
    for currency in question.currencies:
        numbers = _numbers(listing, currency, question, snapshot)
        for name, number in numbers.items():
            null = "coingecko_null" in faults
            entry[f"{currency}{name}"] = None if null else Number(number, exponent=exponent)
    if question.updated:
        entry["last_updated_at"] = None if "coingecko_null" in faults else snapshot.taken
    return entry


def _numbers(
    listing: str, currency: str, question: Question, snapshot: Snapshot
) -> dict[str, Decimal]:
    quote, decimals = snapshot.quotes[listing], INSTRUMENTS[listing].decimals
    price = _in_currency(to_decimal(quote.last, decimals), currency, snapshot)
    volume = to_decimal(quote.volume, QUANTITY_DECIMALS)
    moved = Decimal(100 * (quote.last - quote.previous_close))
    numbers = {"": _rounded(price, question.decimals)}
    if question.market_cap:
        numbers["_market_cap"] = _SHARES.multiply(price, Decimal(_SUPPLY))
    if question.volume:
        numbers["_24h_vol"] = _SHARES.multiply(price, volume)
    if question.change:
        numbers["_24h_change"] = _SHARES.divide(moved, Decimal(quote.previous_close))
    return numbers


def _last(symbol: str, snapshot: Snapshot) -> Decimal:
    return to_decimal(snapshot.quotes[symbol].last, INSTRUMENTS[symbol].decimals)


def _in_currency(dollars: Decimal, currency: str, snapshot: Snapshot) -> Decimal:
    if currency in _RATES:
        in_dollars, in_it = (_last(symbol, snapshot) for symbol in _RATES[currency])
        return _SHARES.divide(_SHARES.multiply(dollars, in_it), in_dollars)
    if currency in _COIN_CURRENCIES:
        return _SHARES.divide(dollars, _last(_COIN_CURRENCIES[currency], snapshot))
    return dollars


def _rounded(price: Decimal, decimals: int | None) -> Decimal:
    if decimals is None:
        return price
    return price.quantize(Decimal(1).scaleb(-decimals), context=Context(prec=60))


def coin_list(faults_of: Callable[[str], Faults]) -> Answer:
    """Answer ``coins/list``."""

    def listed(coin: Coin) -> bool:
        return coin.listing is None or "coingecko_absent" not in faults_of(coin.listing)

    return 200, [
        {"id": coin.id, "symbol": coin.asset.lower(), "name": coin.name}
        for coin in COINS.values()
        if listed(coin)
    ]


# -- errors -----------------------------------------------------------------------------


def error_in(shape: str, status: int, message: str, now_ms: int) -> Answer:
    """Return an error in one of the three shapes that are seen: text, status, nested."""
    if shape == "text":
        return status, {"error": message}
    stamp = _iso(now_ms)
    inner = {"status": {"timestamp": stamp, "error_code": status, "error_message": message}}
    return status, {"error": inner} if shape == "nested" else inner


def key_problem(keys: Mapping[str, str], *, pro: bool) -> tuple[int, str] | None:
    """Return code and text of what is wrong with the keys of a call, ``None`` if nothing is.

    ``keys`` holds the given ones under ``demo`` and ``pro``; a good one begins with ``CG-``.
    """
    if any(not key.startswith("CG-") for key in keys.values()):
        return 10002, "API Key Missing. Please make sure you're using the right key (simulated)."
    if pro and "pro" not in keys:
        return (10011, "Demo keys belong to the other host (simulated).") if keys else (
            10002, "API Key Missing (simulated).")  # fmt: skip
    if not pro and "pro" in keys:
        return 10010, "Pro keys belong to the other host (simulated)."
    return None


def _iso(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
