"""What one client wants: its symbols, and how far each of their topics has been followed."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptostream.symbols import DEFAULT_EXCHANGE, parse_symbol
from cryptostream.wire.effects import Deafen, Listen
from cryptostream.wire.following import Following
from cryptostream.wire.topics import KINDS, topic


@dataclass(slots=True)
class _Wish:
    """One wanted symbol; ``ticker`` is how the user wrote it first."""

    ticker: str
    after: int  # an answer to this request or an older one speaks of an older wish
    confirmed: bool = False
    waiting: list[str] = field(default_factory=list)  # as it was written since the last word
    spellings: set[str] = field(default_factory=set)


class Subscriptions:
    """The wanted symbols with the tickers as the user wrote them; ``topics`` of all of them."""

    def __init__(self) -> None:
        self._wishes: dict[str, _Wish] = {}
        self._spelled: dict[str, str] = {}
        self._early: dict[str, str] = {}
        self._default_exchange: str | None = None
        self.topics: dict[bytes, Following] = {}

    def __contains__(self, symbol: str) -> bool:
        """Whether a symbol is wanted."""
        return symbol in self._wishes

    def symbols(self) -> list[str]:
        """Return the canonical symbols, sorted."""
        return sorted(self._wishes)

    # -- what a ticker means ------------------------------------------------------------

    def meaning(self, ticker: str) -> str | None:
        """Return the canonical symbol; ``None`` when only the daemon can say its exchange.

        What was written before keeps its meaning as long as that symbol is wanted.

        Raises:
            BadSymbol: it is no ticker.

        """
        symbol = parse_symbol(ticker, self._default_exchange or DEFAULT_EXCHANGE)
        if known := self._spelled.get(_spelling(ticker)):
            return known
        return symbol if ":" in ticker or self._default_exchange is not None else None

    def hold(self, ticker: str) -> None:
        """Keep a ticker until the daemon has said its default exchange."""
        self._early[ticker] = parse_symbol(ticker)

    def release(self, ticker: str) -> None:
        """Keep this ticker no more, however it was written."""
        symbol = parse_symbol(ticker)
        self._early = {text: kept for text, kept in self._early.items() if kept != symbol}

    def learn(self, default_exchange: str) -> list[str]:
        """Take what the daemon said; return the tickers that were kept for it."""
        self._default_exchange = default_exchange
        early, self._early = self._early, {}
        return [*early]

    # -- what is wanted -----------------------------------------------------------------

    def ticker_of(self, symbol: str) -> str | None:
        """Return a symbol as the user wrote it, ``None`` when it is not wanted."""
        wish = self._wishes.get(symbol)
        return None if wish is None else wish.ticker

    def add(self, symbol: str, ticker: str, after: int = 0) -> bool:
        """Want a symbol, whose ticker awaits a word now; return whether it is a new one.

        It is followed when its topics are listened to. ``after`` is the newest request so far:
        only answers to later ones speak of this wish.
        """
        wish = self._wishes.get(symbol)
        fresh = wish is None
        if wish is None:
            wish = self._wishes[symbol] = _Wish(ticker, after)
        wish.spellings.add(_spelling(ticker))
        self._spelled[_spelling(ticker)] = symbol
        if not wish.confirmed and ticker not in wish.waiting:
            wish.waiting.append(ticker)
        return fresh

    def is_confirmed(self, symbol: str) -> bool:
        """Whether the daemon has said yes to it."""
        wish = self._wishes.get(symbol)
        return wish is not None and wish.confirmed

    def is_spoken_of(self, symbol: str, call_id: int) -> bool:
        """Whether the answer to a request can be about this wish: it was there when asking."""
        wish = self._wishes.get(symbol)
        return wish is not None and call_id > wish.after

    def confirm(self, symbol: str) -> list[str]:
        """Note the daemon's yes; return the tickers that are to be told of it, as written."""
        wish = self._wishes[symbol]
        told, wish.waiting = wish.waiting or [wish.ticker], []
        wish.confirmed = True
        return told

    def concerned(self, symbol: str) -> list[str]:
        """Return the tickers, as written, that are to be told of a refusal."""
        wish = self._wishes[symbol]
        return [*dict.fromkeys([wish.ticker, *wish.waiting])]

    # -- topics -------------------------------------------------------------------------

    def listen(self, symbol: str) -> list[Listen]:
        """Follow the topics of a symbol, each from where it was left."""
        names = [topic(kind, symbol) for kind in KINDS]
        for name in names:
            if name not in self.topics:
                self.topics[name] = Following(name, symbol)
        return [Listen(name) for name in names]

    def drop(self, symbol: str) -> list[Deafen]:
        """Want a symbol no more; what is known of its topics is forgotten."""
        wish = self._wishes.pop(symbol, None)
        for spelling in wish.spellings if wish is not None else ():
            self._spelled.pop(spelling, None)
        names = [topic(kind, symbol) for kind in KINDS]
        return [Deafen(name) for name in names if self.topics.pop(name, None) is not None]

    def resync(self) -> None:
        """Trust nothing of any topic until its next image."""
        for found in self.topics.values():
            found.resync()


def _spelling(ticker: str) -> str:
    return ticker.strip().upper()
