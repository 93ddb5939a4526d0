"""One exchange's listing, prepared once for many questions: exact, contained, resembling."""

from __future__ import annotations

import difflib
import heapq
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from cryptostream.sources.directory.names import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptostream.sources.directory.instruments import Instrument

# difflib's own idea of "close", from 0 to 1.
_CLOSE = 0.6
# Near names for something that resembles nothing are still better than none.
_FAR = 0.3
# difflib needs about 20 µs a name: only the names that share most letter pairs come to it.
_CANDIDATES = 100


class Entry(NamedTuple):
    """One instrument with the texts that it is searched by, in capitals without blanks."""

    haystack: str
    name: str
    instrument: Instrument


class Index:
    """The instruments of one exchange by ticker, by what they contain, and by likeness."""

    def __init__(self, exchange: str, instruments: Iterable[Instrument]) -> None:
        self.exchange = exchange
        self.by_ticker = {one.ticker: one for one in instruments}
        self._entries = [_entry(one) for one in self.by_ticker.values()]
        self._sharing: dict[str, list[str]] = {}
        for one in self.by_ticker.values():
            if one.trading:
                for pair in _letter_pairs(one.ticker):
                    self._sharing.setdefault(pair, []).append(one.ticker)

    def __len__(self) -> int:
        """Return how many instruments there are."""
        return len(self.by_ticker)

    def containing(self, text: str) -> list[Entry]:
        """Return what has the text (capitals, no blanks) in its ticker or in its name."""
        return [entry for entry in self._entries if text in entry.haystack]

    def near(self, text: str, limit: int) -> list[str]:
        """Return up to ``limit`` tickers that trade and look most like the text, best first."""
        shared: Counter[str] = Counter()
        for pair in _letter_pairs(text):
            shared.update(self._sharing.get(pair, ()))
        likely = heapq.nlargest(_CANDIDATES, shared, key=shared.__getitem__)
        for cutoff in (_CLOSE, _FAR):
            close = difflib.get_close_matches(text, likely, _CANDIDATES, cutoff)
            if close:
                return sorted(close, key=lambda name: distance(text, name))[:limit]
        return []


def distance(text: str, name: str) -> float:
    """Return how unlike a name is to a text: 0 for the same letters, 1 for no common one."""
    # Letters in the wrong order are the likeliest slip; difflib prefers a missing one.
    if sorted(name) == sorted(text):
        return 0.0
    return 1.0 - difflib.SequenceMatcher(None, name, text).ratio()


def _entry(one: Instrument) -> Entry:
    name = squeezed(name_of(one.base))
    # The line break keeps a text from matching across ticker and name.
    return Entry(f"{one.ticker}\n{name}", name, one)


def squeezed(text: str) -> str:
    """Return a text as it is compared: capitals and digits alone (``btc/usd`` -> ``BTCUSD``)."""
    return "".join(filter(str.isalnum, text.upper()))


def _letter_pairs(text: str) -> Iterator[str]:
    # The beginning counts as a letter: names are told apart by how they begin.
    marked = f"^{text}"
    return (marked[place : place + 2] for place in range(len(text)))
