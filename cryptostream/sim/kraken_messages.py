"""What the socket of the Kraken replica sends: messages of version 2, as values.

Numbers are JSON numbers with their own digits; a subscriber first gets a snapshot.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from cryptostream.sim.kraken import BY_NAME, mean, quantity_text
from cryptostream.sim.quote import to_decimal

if TYPE_CHECKING:
    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.quote import Print, Quote

Message = dict[str, object]
Levels = dict[Decimal, Decimal]

HEARTBEAT: Message = {"channel": "heartbeat"}
DEPTHS = (10, 25, 100, 500, 1000)
# Levels that a simulated book has; the checksum covers ten of each side.
_LEVELS = 10
_CENT = Decimal("0.01")


def stamp(now_ms: int) -> str:
    """Return a time as the socket writes it, in µs: 2023-09-25T07:49:37.708706Z."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def status(number: int, *, online: bool) -> Message:
    """Return what a connection hears first, and when the state of the exchange changes."""
    data = {
        "version": "2.0.10",
        "system": "online" if online else "maintenance",
        "api_version": "v2",
        "connection_id": 6_447_481_662_169_813_000 + number,
    }
    return {"channel": "status", "type": "update", "data": [data]}


def ticker(name: str, quote: Quote, *, snapshot: bool) -> Message:
    """Return the message of the channel ``ticker``."""
    one = BY_NAME[name].instrument
    change = quote.last - quote.previous_close
    data: Message = {
        "symbol": name,
        "bid": to_decimal(quote.bid, one.decimals),
        "bid_qty": _quantity(quote.bid_size),
        "ask": to_decimal(quote.ask, one.decimals),
        "ask_qty": _quantity(quote.ask_size),
        "last": to_decimal(quote.last, one.decimals),
        "volume": _quantity(quote.volume),
        "vwap": to_decimal(mean(quote), one.decimals),
        "low": to_decimal(quote.low, one.decimals),
        "high": to_decimal(quote.high, one.decimals),
        "change": to_decimal(change, one.decimals),
        "change_pct": (Decimal(100 * change) / Decimal(quote.previous_close)).quantize(_CENT),
    }
    return _data("ticker", data, snapshot=snapshot)


def trade(name: str, print_: Print) -> Message:
    """Return the message of the channel ``trade``, with one trade."""
    data: Message = {
        "symbol": name,
        "side": "sell" if print_.buyer_is_maker else "buy",
        "price": to_decimal(print_.price, BY_NAME[name].instrument.decimals),
        "qty": _quantity(print_.quantity),
        "ord_type": "market",
        "trade_id": print_.number,
        "timestamp": stamp(print_.time_ms),
    }
    return _data("trade", data, snapshot=False)


def _quantity(units: int) -> Decimal:
    return Decimal(quantity_text(units))


def _data(channel: str, data: Message, *, snapshot: bool) -> Message:
    return {"channel": channel, "type": "snapshot" if snapshot else "update", "data": [data]}


# -- book -------------------------------------------------------------------------------


class Book:
    """A simulated book: the quote on top, and evenly spaced levels below it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bids: Levels = {}
        self._asks: Levels = {}

    def snapshot(self, quote: Quote) -> Message:
        """Return the whole book."""
        self._bids, self._asks = _levels(BY_NAME[self._name].instrument, quote)
        return _data("book", self._entry(self._bids, self._asks), snapshot=True)

    def update(self, quote: Quote, now_ms: int) -> Message:
        """Return what has changed since the last message; a level that is gone has no quantity."""
        before = self._bids, self._asks
        self._bids, self._asks = _levels(BY_NAME[self._name].instrument, quote)
        entry = self._entry(_changes(before[0], self._bids), _changes(before[1], self._asks))
        return _data("book", entry | {"timestamp": stamp(now_ms)}, snapshot=False)

    def _entry(self, bids: Levels, asks: Levels) -> Message:
        return {
            "symbol": self._name,
            "bids": _listed(bids),
            "asks": _listed(asks),
            "checksum": checksum(self._bids, self._asks),
        }


def checksum(bids: Levels, asks: Levels) -> int:
    """Return the CRC32 over the ten best of each side: digits alone, without leading zeros."""
    best = [*sorted(asks.items())[:_LEVELS], *sorted(bids.items(), reverse=True)[:_LEVELS]]
    text = "".join(_digits(price) + _digits(quantity) for price, quantity in best)
    return zlib.crc32(text.encode())


def _digits(number: Decimal) -> str:
    return format(number, "f").replace(".", "").lstrip("0")


def _levels(one: Instrument, quote: Quote) -> tuple[Levels, Levels]:
    step = max(1, quote.last // 20_000)
    bids = {quote.bid - n * step: quote.bid_size + n for n in range(_LEVELS)}
    asks = {quote.ask + n * step: quote.ask_size + n for n in range(_LEVELS)}
    return _exact(bids, one), _exact(asks, one)


def _exact(levels: dict[int, int], one: Instrument) -> Levels:
    return {to_decimal(p, one.decimals): _quantity(q) for p, q in levels.items() if p > 0}


def _changes(before: Levels, after: Levels) -> Levels:
    gone = {price: Decimal(0) for price in before if price not in after}
    return gone | {price: size for price, size in after.items() if before.get(price) != size}


def _listed(levels: Levels) -> list[Message]:
    return [{"price": price, "qty": quantity} for price, quantity in levels.items()]
