"""The exchanges whose listings are known: where each one's is, and how it is read.

Their formats are those of the public documents of Binance (``/api/v3/exchangeInfo``), Kraken
(``/0/public/AssetPairs``) and Coinbase Exchange (``/products``). What says which instrument it
is must be right, or nothing is taken: a listing read by half would call good symbols invalid.
A step or a precision that cannot be read is only missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cryptostream.errors import SourceError
from cryptostream.sources.directory.instruments import Instrument, decimals_of, step_of
from cryptostream.symbols import is_ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptostream.config.directory import Directory

T = TypeVar("T")

# Kraken's own names of assets that all others call differently.
_KRAKEN_NAMES = {"XBT": "BTC", "XDG": "DOGE"}
# Orders still meet each other under these; "post_only" and "cancel_only" are halts.
_KRAKEN_TRADING = {"online", "limit_only", "reduce_only"}
# More decimals than this no exchange has.
_MOST_DECIMALS = 30


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange: its name in symbols, where its listing is below the address, how to read it.

    ``parse`` turns the body of the answer into instruments.
    """

    name: str
    path: str
    parse: Callable[[bytes], tuple[Instrument, ...]]


class _BinanceFilter(msgspec.Struct):
    filterType: str = ""  # noqa: N815 - the exchange's name
    tickSize: Any = None  # noqa: N815
    stepSize: Any = None  # noqa: N815


class _BinanceSymbol(msgspec.Struct):
    symbol: str
    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    status: str
    filters: list[_BinanceFilter] = []


class _ExchangeInfo(msgspec.Struct):
    symbols: list[_BinanceSymbol]


def parse_binance(body: bytes) -> tuple[Instrument, ...]:
    """Return the instruments of Binance's exchangeInfo.

    Raises:
        SourceError: it is no such listing.

    """
    info = _decoded(body, _ExchangeInfo, "Binance")
    return _listing((_of_binance(one) for one in info.symbols), "Binance")


def _of_binance(one: _BinanceSymbol) -> Instrument:
    steps = {
        found.filterType: found.tickSize if found.tickSize is not None else found.stepSize
        for found in one.filters
    }
    tick = step_of(steps.get("PRICE_FILTER"))
    return Instrument(
        ticker=one.symbol,
        base=one.baseAsset,
        quote=one.quoteAsset,
        status=one.status,
        trading=one.status == "TRADING",
        tick_size=tick,
        precision=decimals_of(tick),
        lot_step=step_of(steps.get("LOT_SIZE")),
    )


class _KrakenPair(msgspec.Struct):
    status: str
    wsname: str | None = None
    tick_size: Any = None
    pair_decimals: Any = None
    lot_decimals: Any = None


class _AssetPairs(msgspec.Struct):
    error: list[str] = []
    result: dict[str, _KrakenPair] = {}


def parse_kraken(body: bytes) -> tuple[Instrument, ...]:
    """Return the instruments of Kraken's AssetPairs.

    Pairs without a name for the websocket (``wsname``) are left out: dark pools.

    Raises:
        SourceError: it is no such listing; Kraken refuses requests with the status 200.

    """
    answer = _decoded(body, _AssetPairs, "Kraken")
    if answer.error:
        raise SourceError(f"Kraken answered {answer.error[0]:.80}", code="http_error")
    named = ((pair.wsname or "", pair) for pair in answer.result.values())
    return _listing((_of_kraken(name, pair) for name, pair in named if "/" in name), "Kraken")


def _of_kraken(name: str, pair: _KrakenPair) -> Instrument:
    base, _, quote = (_KRAKEN_NAMES.get(part, part) for part in _capitals(name).partition("/"))
    precision = _decimals(pair.pair_decimals)
    tick = step_of(pair.tick_size) or _power(precision)
    return Instrument(
        ticker=base + quote,
        base=base,
        quote=quote,
        status=pair.status,
        trading=pair.status in _KRAKEN_TRADING,
        tick_size=tick,
        precision=decimals_of(tick) if precision is None else precision,
        lot_step=_power(_decimals(pair.lot_decimals)),
    )


class _CoinbaseProduct(msgspec.Struct):
    base_currency: str
    quote_currency: str
    status: str
    quote_increment: Any = None
    base_increment: Any = None
    trading_disabled: Any = False
    cancel_only: Any = False
    post_only: Any = False


def parse_coinbase(body: bytes) -> tuple[Instrument, ...]:
    """Return the instruments of Coinbase Exchange's products.

    Raises:
        SourceError: it is no such listing.

    """
    products = _decoded(body, list[_CoinbaseProduct], "Coinbase")
    return _listing((_of_coinbase(one) for one in products), "Coinbase")


def _of_coinbase(one: _CoinbaseProduct) -> Instrument:
    halts = ("trading_disabled", "cancel_only", "post_only")
    halted = next((name for name in halts if getattr(one, name) is True), None)
    tick = step_of(one.quote_increment)
    base, quote = _capitals(one.base_currency), _capitals(one.quote_currency)
    return Instrument(
        ticker=base + quote,
        base=base,
        quote=quote,
        status=halted if halted and one.status == "online" else one.status,
        trading=one.status == "online" and halted is None,
        tick_size=tick,
        precision=decimals_of(tick),
        lot_step=step_of(one.base_increment),
    )


BINANCE = Exchange("BINANCE", "/api/v3/exchangeInfo?permissions=SPOT", parse_binance)
KRAKEN = Exchange("KRAKEN", "/0/public/AssetPairs", parse_kraken)
COINBASE = Exchange("COINBASE", "/products", parse_coinbase)


def asked(settings: Directory) -> dict[Exchange, str]:
    """Return the exchanges that are to be asked, with the address of each."""
    addresses = {
        BINANCE: settings.binance_url,
        KRAKEN: settings.kraken_url,
        COINBASE: settings.coinbase_url,
    }
    return {exchange: url for exchange, url in addresses.items() if url}


def _decoded(body: bytes, kind: type[T], who: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    # RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{who} sent no listing: {error}", code="malformed") from error


def _listing(found: Iterable[Instrument], who: str) -> tuple[Instrument, ...]:
    """Return the instruments that a symbol can name, each once: a trading one before others.

    Raises:
        SourceError: there is none. To believe that would make every symbol invalid.

    """
    listing: dict[str, Instrument] = {}
    for one in found:
        known = listing.get(one.ticker)
        if is_ticker(one.ticker) and (known is None or one.trading > known.trading):
            listing[one.ticker] = one
    if not listing:
        raise SourceError(f"{who} sent a listing with nothing in it", code="malformed")
    return tuple(listing.values())


def _capitals(text: str) -> str:
    # Upper-casing some non-ASCII letters makes ASCII ones: another instrument.
    return text.upper() if text.isascii() else text


def _decimals(value: object) -> int | None:
    """Return a number of decimals, or ``None`` for what is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_DECIMALS else None


def _power(decimals: int | None) -> Decimal | None:
    """Return the step that goes with a number of decimals: 0.01 for two."""
    return None if decimals is None else Decimal(1).scaleb(-decimals)
