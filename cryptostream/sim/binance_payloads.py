"""What Binance's streams carry: JSON texts made from quotes and trades. Pure.

Prices and quantities are decimal text with eight decimals, times are in ms, or in us where a
connection asked for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sim.quote import QUANTITY_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.quote import Print, Quote

_DECIMALS = 8
_ONE = 10**_DECIMALS
_US_PER_MS = 1000
DAY_MS = 86_400_000
# What avgPrice looks back on.
_AVERAGE_MS = 300_000
# Book updates are numbered from here.
_FIRST_UPDATE = 400_900_000


@dataclass(frozen=True, slots=True)
class Clock:
    """The exchange's clock when a message is made: ms, and how far it is off (ms)."""

    now_ms: int
    skew_ms: int = 0

    def event(self, unit: int) -> int:
        """Return the time of the message; ``unit`` is 1 for ms and 1000 for us."""
        return (self.now_ms + self.skew_ms) * unit

    def at(self, time_ms: int, unit: int) -> int:
        """Return a time of the market as this clock shows it."""
        return (time_ms + self.skew_ms) * unit


def unit_of(*, microseconds: bool) -> int:
    """Return what a time in ms is multiplied by."""
    return _US_PER_MS if microseconds else 1


def number(units: int, decimals: int) -> str:
    """Return ``units * 10 ** -decimals`` as the exchange writes numbers."""
    scaled = units * 10 ** (_DECIMALS - decimals)
    whole, rest = divmod(abs(scaled), _ONE)
    return f"{'-' if scaled < 0 else ''}{whole}.{rest:08d}"


def quantity(millionths: int) -> str:
    """Return a quantity."""
    return number(millionths, QUANTITY_DECIMALS)


def turnover(one: Instrument, quote: Quote) -> str:
    """Return the day's volume in the quote currency."""
    return number(quote.turnover // 10**QUANTITY_DECIMALS, one.decimals)


def average(one: Instrument, price_times_size: int, size: int) -> str:
    """Return a weighted average price."""
    scale = 10 ** (_DECIMALS - one.decimals)
    return number(price_times_size * scale // max(1, size), _DECIMALS)


def percent(quote: Quote) -> str:
    """Return the day's change in percent, with three decimals."""
    thousandths = (quote.last - quote.open) * 100_000 // quote.open
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{abs(thousandths) // 1000}.{abs(thousandths) % 1000:03d}"


def trade(one: Instrument, done: Print, clock: Clock, unit: int) -> str:
    """Return the payload of ``<symbol>@trade``."""
    return (
        f'{{"e":"trade","E":{clock.event(unit)},"s":"{one.ticker}","t":{done.number},'
        f'"p":"{number(done.price, one.decimals)}","q":"{quantity(done.quantity)}",'
        f'"T":{clock.at(done.time_ms, unit)},"m":{_bool(done.buyer_is_maker)},"M":true}}'
    )


def agg_trade(one: Instrument, done: Print, clock: Clock, unit: int) -> str:
    """Return the payload of ``<symbol>@aggTrade``: here each trade is an aggregate of one."""
    return (
        f'{{"e":"aggTrade","E":{clock.event(unit)},"s":"{one.ticker}","a":{done.number},'
        f'"p":"{number(done.price, one.decimals)}","q":"{quantity(done.quantity)}",'
        f'"f":{done.number},"l":{done.number},'
        f'"T":{clock.at(done.time_ms, unit)},"m":{_bool(done.buyer_is_maker)},"M":true}}'
    )


def book(one: Instrument, quote: Quote, update: int) -> str:
    """Return the payload of ``<symbol>@bookTicker``: neither a type nor a time."""
    return (
        f'{{"u":{_FIRST_UPDATE + update},"s":"{one.ticker}",'
        f'"b":"{number(quote.bid, one.decimals)}","B":"{quantity(quote.bid_size)}",'
        f'"a":"{number(quote.ask, one.decimals)}","A":"{quantity(quote.ask_size)}"}}'
    )


def mini(one: Instrument, quote: Quote, clock: Clock, unit: int) -> str:
    """Return the payload of ``<symbol>@miniTicker``."""
    return (
        f'{{"e":"24hrMiniTicker","E":{clock.event(unit)},"s":"{one.ticker}",'
        f'"c":"{number(quote.last, one.decimals)}",{_range(one, quote)}}}'
    )


def day(one: Instrument, quote: Quote, clock: Clock, unit: int) -> str:
    """Return the payload of ``<symbol>@ticker``."""
    return (
        f'{{"e":"24hrTicker","E":{clock.event(unit)},"s":"{one.ticker}",'
        f'"p":"{number(quote.last - quote.open, one.decimals)}","P":"{percent(quote)}",'
        f'"w":"{average(one, quote.turnover, quote.volume)}",'
        f'"x":"{number(quote.previous_close, one.decimals)}",'
        f'"c":"{number(quote.last, one.decimals)}","Q":"{quantity(quote.quantity)}",'
        f'"b":"{number(quote.bid, one.decimals)}","B":"{quantity(quote.bid_size)}",'
        f'"a":"{number(quote.ask, one.decimals)}","A":"{quantity(quote.ask_size)}",'
        f"{_range(one, quote)},"
        f'"O":{clock.at(clock.now_ms - DAY_MS, unit)},"C":{clock.event(unit)},'
        f'"F":{quote.number - quote.trades + 1},"L":{quote.number},"n":{quote.trades}}}'
    )


def average_price(one: Instrument, prints: Sequence[Print], clock: Clock, unit: int) -> str:
    """Return the payload of ``<symbol>@avgPrice``: the newest trade counts whatever its age."""
    young = [done for done in prints if done.time_ms > clock.now_ms - _AVERAGE_MS] or prints[-1:]
    money = sum(done.price * done.quantity for done in young)
    size = sum(done.quantity for done in young)
    return (
        f'{{"e":"avgPrice","E":{clock.event(unit)},"s":"{one.ticker}","i":"5m",'
        f'"w":"{average(one, money, size)}","T":{clock.at(young[-1].time_ms, unit)}}}'
    )


def shutdown(clock: Clock, unit: int) -> str:
    """Return the notice before a server goes down."""
    return f'{{"e":"serverShutdown","E":{clock.event(unit)}}}'


def _range(one: Instrument, quote: Quote) -> str:
    return (
        f'"o":"{number(quote.open, one.decimals)}","h":"{number(quote.high, one.decimals)}",'
        f'"l":"{number(quote.low, one.decimals)}","v":"{quantity(quote.volume)}",'
        f'"q":"{turnover(one, quote)}"'
    )


def _bool(value: bool) -> str:  # noqa: FBT001  the one argument is what it is about
    return "true" if value else "false"
