"""What the source says: records and reports, made from values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.records import Tick, Trade
from cryptostream.wire.hop import Report

if TYPE_CHECKING:
    from decimal import Decimal

    from cryptostream.records import Method
    from cryptostream.sources.ccxt.convert import Print, Quote

SOURCE = "ccxt"

Said = Tick | Trade | Report


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: in s on the loop's clock, in ns since the epoch."""

    now: float
    now_ns: int


def moment() -> Moment:
    """Return the present moment."""
    return Moment(time.monotonic(), time.time_ns())


def tick_of(
    symbol: str, quote: Quote, last: Decimal, method: Method, at: Moment, *, simulated: bool
) -> Tick:
    """Return the tick of what is known of a market."""
    return Tick(
        symbol=symbol,
        source=SOURCE,
        method=method,
        last=last,
        bid=quote.bid,
        ask=quote.ask,
        change=quote.change,
        change_percent=quote.change_percent,
        volume=quote.volume,
        ts_observed=at.now_ns,
        ts_source=quote.at,
        simulated=simulated,
    )


def trade_of(symbol: str, trade: Print, at: Moment, *, simulated: bool) -> Trade:
    """Return the record of a trade."""
    return Trade(
        symbol=symbol,
        source=SOURCE,
        method="stream",
        price=trade.price,
        quantity=trade.quantity,
        side=trade.side,
        trade_id=trade.id,
        ts_observed=at.now_ns,
        ts_source=trade.at,
        simulated=simulated,
    )
