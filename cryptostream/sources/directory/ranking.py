"""What a search finds in the listings, and in which order.

The order: the ticker itself, tickers that begin with the text, those of a base asset of that
name, tickers that contain it, full names that do. When no ticker begins with the text, other
names of assets are tried (``XBT`` for ``BTC``); when nothing has it at all, what resembles it.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from cryptostream.sources.directory.aliases import other_names
from cryptostream.sources.directory.index import distance, squeezed
from cryptostream.sources.directory.instruments import plain
from cryptostream.sources.directory.names import name_of
from cryptostream.symbols import Found, Listed, plain_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cryptostream.sources.directory.index import Entry
    from cryptostream.sources.directory.instruments import Instrument
    from cryptostream.sources.directory.listings import Rules, Standing

# What most people mean by "the price" of an asset, first; other quotes come after these.
_QUOTES = {quote: place for place, quote in enumerate(("USDT", "USD", "USDC", "EUR", "BTC", "ETH"))}


# How well an instrument fits, the smaller the better: its place (below) or its distance, whether
# it is halted, whether its base is another asset than the text, its quote's place, its ticker
# and exchange. The last two make every rank another one: nothing behind a rank is ever compared.
_Rank = tuple[float, bool, bool, int, str, str]

# The places of a rank: up to BASE the text names the instrument, above it is only part of it.
_TICKER, _BEGINS, _BASE, _CONTAINS, _NAME, _IN_NAME = range(6)


class _Hit(NamedTuple):
    """An instrument that fits, and the listing that it stands in."""

    rank: _Rank
    instrument: Instrument
    standing: Standing

    @property
    def names_it(self) -> bool:
        """Whether the text names the instrument, and is not only somewhere inside a name."""
        return self.rank[0] <= _BASE


def search(
    text: str, exchange: str, limit: int, standings: Sequence[Standing], rules: Rules, now: float
) -> Found:
    """Return what is like a text, best first; what trades comes before what does not.

    ``KRAKEN:eth`` looks at Kraken alone, as ``exchange`` does.
    """
    wanted, text = _wanted(text, exchange, standings)
    chosen = [one for one in standings if wanted in ("", one.exchange)]
    hits, how = _hits(squeezed(text), limit, chosen, rules)
    return Found(tuple(_row(hit, now) for hit in hits), (*how, *_cautions(wanted, chosen, now)))


def _wanted(text: str, exchange: str, standings: Sequence[Standing]) -> tuple[str, str]:
    """Return the exchange to look at (empty: all) and the text to look for."""
    before, _, after = plain_symbol(text).rpartition(":")
    named = squeezed(exchange) or squeezed(before)
    # A text is written freely; only an exchange that was named as such must be one that we keep.
    known = named in {standing.exchange for standing in standings}
    return named if known or exchange.strip() else "", after


def _cautions(wanted: str, chosen: Sequence[Standing], now: float) -> Iterator[str]:
    if wanted and not chosen:
        yield f"no listing of {wanted} is kept"
    for standing in chosen:
        caution = standing.caution(now)
        if standing.index is None:
            yield f"no listing of {standing.exchange}: {caution}"
        elif caution:
            yield f"the listing of {standing.exchange} is {caution}"


def _hits(
    text: str, limit: int, chosen: Sequence[Standing], rules: Rules
) -> tuple[list[_Hit], list[str]]:
    """Return the best instruments, and what to say of how they were found."""
    hits = _containing(text, limit, chosen)
    if hits and hits[0].names_it:
        return hits, []
    for name in other_names(text, rules.aliases):
        renamed = [hit for hit in _containing(name, limit, chosen) if hit.names_it]
        if renamed:
            return _merged(renamed, hits)[:limit], [f"{text} is listed as {name}"]
    if hits:
        return hits, []
    hits = _resembling(text, limit, chosen)
    return hits, [f"nothing has {text} in its name; these resemble it"] if hits else []


def _containing(text: str, limit: int, chosen: Sequence[Standing]) -> list[_Hit]:
    found = (
        (_rank(text, entry, standing.exchange), entry.instrument, standing)
        for standing in chosen
        if standing.index is not None
        for entry in standing.index.containing(text)
    )
    return [_Hit(*hit) for hit in heapq.nsmallest(limit, found)]


def _rank(text: str, entry: Entry, exchange: str) -> _Rank:
    one = entry.instrument
    ticker = one.ticker
    if ticker.startswith(text):
        place = _TICKER if ticker == text else _BEGINS
    elif one.base == text:
        place = _BASE
    elif text in ticker:
        place = _CONTAINS
    else:
        place = _NAME if entry.name == text else _IN_NAME
    quote = _QUOTES.get(one.quote, len(_QUOTES))
    return place, not one.trading, one.base != text, quote, ticker, exchange


def _merged(first: Iterable[_Hit], then: Iterable[_Hit]) -> list[_Hit]:
    """Return both, each instrument once."""
    # A rank ends with ticker and exchange.
    known = {hit.rank[-2:]: hit for hit in [*first, *then]}
    return list(known.values())


def _resembling(text: str, limit: int, chosen: Sequence[Standing]) -> list[_Hit]:
    """Return near names, the nearest first."""
    found = [
        _Hit(
            (distance(text, name), False, True, 0, name, standing.exchange),
            standing.index.by_ticker[name],
            standing,
        )
        for standing in chosen
        if standing.index is not None
        for name in standing.index.near(text, limit)
    ]
    return heapq.nsmallest(limit, found)


def _row(hit: _Hit, now: float) -> Listed:
    one, standing = hit.instrument, hit.standing
    return Listed(
        symbol=f"{standing.exchange}:{one.ticker}",
        base=one.base,
        quote=one.quote,
        kind=one.kind,
        status=one.status,
        trading=one.trading,
        tick_size=plain(one.tick_size),
        precision=one.precision,
        lot_step=plain(one.lot_step),
        name=name_of(one.base),
        state=standing.state,
        age=round(standing.age(now), 1),
    )
