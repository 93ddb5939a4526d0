"""Other names of assets and tickers: ``XBT=BTC``, ``MATICUSDT=POLUSDT``.

An alias only ever leads to a suggestion. Whoever asks for ``KRAKEN:XBTUSD`` is told that the
listed name is ``KRAKEN:BTCUSD``; the name is not replaced, because records, topics and answers
carry the name that was asked for, and a client that got another one could not find its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def pairs_of(aliases: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (old, new) of each ``OLD=NEW``; the settings have checked their form."""
    split = (alias.partition("=") for alias in aliases)
    return tuple((old, new) for old, _, new in split)


def other_names(ticker: str, aliases: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the tickers that a ticker may stand for, the likeliest first.

    An alias fits a whole ticker, or the asset that a ticker begins or ends with. Which of the
    names exist is for a listing to say.
    """
    known = tuple(aliases)
    yield from (new for old, new in known if ticker == old)
    for old, new in known:
        rest = len(ticker) - len(old)
        if rest > 0 and ticker.startswith(old):
            yield new + ticker[len(old) :]
        if rest > 0 and ticker.endswith(old):
            yield ticker[:rest] + new
