"""What the directory says of a symbol, from how it stands with an exchange's listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptostream.sources.directory.aliases import other_names
from cryptostream.sources.directory.instruments import plain
from cryptostream.symbols import Listing, Verdict, plain_symbol, split_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptostream.sources.directory.index import Index
    from cryptostream.sources.directory.instruments import Instrument

FETCHED, FROM_DISK, MISSING = "fetched", "from disk", "missing"
# Some of the exchanges' listings are there, others are missing.
INCOMPLETE = "incomplete"
_SUGGESTIONS = 3
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the listing of one exchange.

    ``fetched`` is when it was got or last confirmed (s since the Unix epoch); ``why`` says
    why it is missing, or not as fresh as it should be, and is empty while all is well.
    """

    exchange: str
    index: Index | None = None
    fetched: float = 0.0
    from_disk: bool = False
    why: str = ""

    @property
    def state(self) -> str:
        """One word for people: ``fetched``, ``from disk`` or ``missing``."""
        if self.index is None:
            return MISSING
        return FROM_DISK if self.from_disk else FETCHED

    def age(self, now: float) -> float:
        """Return how old the listing is, in seconds; a clock that was set back makes it new."""
        return max(0.0, now - self.fetched)

    def caution(self, now: float) -> str:
        """Return what to know before one relies on the listing; empty for a fresh one."""
        if self.index is None:
            return self.why
        return f"{words_for(self.age(now))} old: {self.why}" if self.why else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a listing is judged: the other names of assets, and when it is too old (s)."""

    aliases: tuple[tuple[str, str], ...]
    max_age: float


def judge(symbol: str, standing: Standing | None, rules: Rules, now: float) -> Verdict:
    """Return the verdict on a symbol; ``None`` stands for an exchange whose listing nobody keeps.

    What a listing older than ``max_age`` has is still taken for existing; what it does not have
    may be new, and is ``unknown``. A symbol that carries an old name is ``invalid`` with the
    present one as its first suggestion.
    """
    exchange, ticker = split_symbol(symbol)
    if standing is None:
        return Verdict(Listing.UNKNOWN, f"no listing of {exchange} is kept")
    if ticker.endswith(".P"):
        return Verdict(Listing.UNKNOWN, "no listing of perpetuals is kept")
    caution = standing.caution(now)
    if standing.index is None:
        return Verdict(
            Listing.UNKNOWN, f"the symbol listing of {exchange} is not available ({caution})"
        )
    found = standing.index.by_ticker.get(ticker)
    renamed = _renamed(ticker, standing.index, rules)
    if found is not None:
        return _existing(symbol, found, renamed, caution)
    if standing.age(now) > rules.max_age:
        age = words_for(standing.age(now))
        return Verdict(Listing.UNKNOWN, f"{symbol} is not in a listing that is {age} old")
    return _missing(symbol, standing.index, renamed, caution)


def describe(standings: Sequence[Standing], now: float) -> dict[str, Any]:
    """Return the state of all listings together, and of each under ``exchanges``, for people."""
    rows = [
        {
            "exchange": standing.exchange,
            "state": standing.state,
            "why": standing.why,
            "symbols": 0 if standing.index is None else len(standing.index),
            "age": None if standing.index is None else round(standing.age(now), 1),
        }
        for standing in standings
    ]
    ages = [row["age"] for row in rows if row["age"] is not None]
    return {
        "state": _together({standing.state for standing in standings}),
        "why": "; ".join(f"{one.exchange}: {one.why}" for one in standings if one.why),
        "symbols": sum(0 if one.index is None else len(one.index) for one in standings),
        "age": max(ages, default=None),
        "exchanges": rows,
    }


def words_for(age: float) -> str:
    """Return an age (s) as people say it: ``90 s``, ``3 h``, ``2 days``."""
    for length, unit in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if age >= 2 * length:
            return f"{age / length:.0f} {unit}"
    return f"{age:.0f} s"


def _renamed(ticker: str, index: Index, rules: Rules) -> str | None:
    """Return the listed and trading ticker that an old name stands for."""
    for name in other_names(ticker, rules.aliases):
        found = index.by_ticker.get(name)
        if found is not None and found.trading:
            return name
    return None


def _existing(symbol: str, found: Instrument, renamed: str | None, caution: str) -> Verdict:
    suggestions: tuple[str, ...] = ()
    parts = []
    if not found.trading:
        parts.append(f"{symbol} exists, but its status is {found.status}")
        suggestions = _named(symbol, [renamed] if renamed else [])
        parts += [f"renamed: {suggestions[0]}"] if renamed else []
    parts += [f"the listing is {caution}"] if caution else []
    return Verdict(
        Listing.VALID if found.trading else Listing.HALTED,
        "; ".join(parts),
        suggestions,
        plain(found.tick_size),
        found.precision,
    )


def _missing(symbol: str, index: Index, renamed: str | None, caution: str) -> Verdict:
    ticker = split_symbol(symbol)[1]
    near = [name for name in index.near(ticker, _SUGGESTIONS) if name != renamed]
    names = _named(symbol, [renamed, *near] if renamed else near)[:_SUGGESTIONS]
    parts = [f"{symbol} is not listed by {index.exchange}"]
    parts += [f"renamed: {names[0]}"] if renamed else []
    parts += [f"the listing is {caution}"] if caution else []
    return Verdict(Listing.INVALID, "; ".join(parts), names)


def _named(symbol: str, tickers: Iterable[str]) -> tuple[str, ...]:
    """Return tickers as symbols beside another one: of its exchange, from the same sources."""
    sources = symbol.removeprefix(plain_symbol(symbol))
    exchange = split_symbol(symbol)[0]
    return tuple(f"{exchange}:{ticker}{sources}" for ticker in tickers)


def _together(states: set[str]) -> str:
    if len(states) == 1:
        return states.pop()
    if not states or MISSING in states:
        return INCOMPLETE if states else MISSING
    return FROM_DISK
