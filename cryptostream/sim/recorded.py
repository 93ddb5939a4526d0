"""The recorded minute: real trades and best prices, read once into a value."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from cryptostream.sim.quote import QUANTITY_DECIMALS, Quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RECORDED_SYMBOL = "BINANCE:BTCUSDT"
_PRICE_DECIMALS = 2
_FILES = ("btcusdt-trades-2021-01-08.csv", "btcusdt-book-2021-01-08.csv")
# The pause between the last event and the first of the next lap.
_SEAM_MS = 250


@dataclass(frozen=True, slots=True)
class TradeEvent:
    """A trade: price in ticks, quantity in millionths."""

    price: int
    quantity: int
    is_trade = True

    def apply(self, quote: Quote, time_ms: int) -> Quote:
        return quote.traded(self.price, self.quantity, time_ms)


@dataclass(frozen=True, slots=True)
class BookEvent:
    """A change of the best bid and offer."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int
    is_trade = False

    def apply(self, quote: Quote, time_ms: int) -> Quote:  # noqa: ARG002  a book has no trade time
        return replace(
            quote, bid=self.bid, bid_size=self.bid_size, ask=self.ask, ask_size=self.ask_size
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """Events in order with their offsets from the start, in ms."""

    offsets: tuple[int, ...]
    events: tuple[TradeEvent | BookEvent, ...]

    @property
    def length_ms(self) -> int:
        return self.offsets[-1] + _SEAM_MS

    def first(self) -> Quote:
        """Return the quote before the first event."""
        trade = next(event for event in self.events if isinstance(event, TradeEvent))
        book = next(event for event in self.events if isinstance(event, BookEvent))
        return Quote(
            last=trade.price,
            bid=book.bid,
            ask=book.ask,
            bid_size=book.bid_size,
            ask_size=book.ask_size,
            volume=0,
            previous_close=trade.price,
            open=trade.price,
            high=trade.price,
            low=trade.price,
            time_ms=0,
        )


def _units(text: str, decimals: int) -> int:
    return int(Decimal(text).scaleb(decimals))


def _events(rows: Iterable[dict[str, str]]) -> Iterator[tuple[int, TradeEvent | BookEvent]]:
    for row in rows:
        at = int(row["time_ms"])
        if "trade_id" in row:
            price = _units(row["price"], _PRICE_DECIMALS)
            yield at, TradeEvent(price, _units(row["quantity"], QUANTITY_DECIMALS))
        else:
            bid, ask = (_units(row[side], _PRICE_DECIMALS) for side in ("bid", "ask"))
            sizes = [_units(row[s], QUANTITY_DECIMALS) for s in ("bid_size", "ask_size")]
            yield at, BookEvent(bid, sizes[0], ask, sizes[1])


@cache
def btcusdt_minute() -> Recording:
    """Return the recorded minute of BTCUSDT (see ``data/README.md``)."""
    timed: list[tuple[int, TradeEvent | BookEvent]] = []
    for name in _FILES:
        text = (resources.files("cryptostream.sim") / "data" / name).read_text(encoding="utf-8")
        timed.extend(_events(csv.DictReader(text.splitlines())))
    # A stable sort by time alone keeps the trades of one millisecond in their order.
    timed.sort(key=lambda pair: pair[0])
    start = timed[0][0]
    return Recording(tuple(at - start for at, _ in timed), tuple(event for _, event in timed))
