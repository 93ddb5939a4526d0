"""What one client wants: its symbols, and how far each of their topics has been followed."""

from __future__ import annotations

from cryptostream.wire.effects import Deafen, Listen
from cryptostream.wire.following import Following
from cryptostream.wire.topics import KINDS, topic


class Subscriptions:
    """The wanted symbols with the tickers as the user wrote them; ``topics`` of all of them."""

    def __init__(self) -> None:
        self._tickers: dict[str, str] = {}
        self.topics: dict[bytes, Following] = {}

    def __contains__(self, symbol: str) -> bool:
        """Whether a symbol is wanted."""
        return symbol in self._tickers

    def symbols(self) -> list[str]:
        """Return the canonical symbols, sorted."""
        return sorted(self._tickers)

    def ticker_of(self, symbol: str) -> str | None:
        """Return a symbol as the user wrote it, ``None`` when it is not wanted."""
        return self._tickers.get(symbol)

    def add(self, symbol: str, ticker: str) -> None:
        """Want a symbol; it is followed when its topics are listened to."""
        self._tickers[symbol] = ticker

    def listen(self, symbol: str) -> list[Listen]:
        """Follow the topics of a symbol, each from where it was left."""
        names = [topic(kind, symbol) for kind in KINDS]
        for name in names:
            if name not in self.topics:
                self.topics[name] = Following(name, symbol)
        return [Listen(name) for name in names]

    def drop(self, symbol: str) -> list[Deafen]:
        """Want a symbol no more; what is known of its topics is forgotten."""
        self._tickers.pop(symbol, None)
        names = [topic(kind, symbol) for kind in KINDS]
        return [Deafen(name) for name in names if self.topics.pop(name, None) is not None]

    def resync(self) -> None:
        """Trust nothing of any topic until its next image."""
        for found in self.topics.values():
            found.resync()
