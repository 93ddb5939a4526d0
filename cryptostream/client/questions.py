"""What can be asked of a daemon, each question as a method of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from cryptostream.wire import messages
from cryptostream.wire.frames import Message, decode_meta, decode_payload
from cryptostream.wire.stamping import stamp

if TYPE_CHECKING:
    from cryptostream.records import Record
    from cryptostream.symbols import Listed


class Questions(ABC):
    """The questions of a client that knows how to make a request."""

    @abstractmethod
    async def request(self, request: messages.Request, within: float = 5.0) -> dict[str, Any]:
        """Make a control request and return the answer, within so many seconds."""

    async def history(self, ticker: str, limit: int = 100, kind: str = "tick") -> list[Record]:
        """Return the newest records of a ticker that the daemon still holds, oldest first."""
        answer = await self.request(messages.History(ticker=ticker, kind=kind, limit=limit))
        records: list[Any] = []
        for frames in answer["messages"]:
            message = Message._make(frames)
            meta = decode_meta(message.meta)
            records += stamp(meta, decode_payload(message.topic, message.payload))
        return records[-limit:]

    async def search(self, text: str, limit: int = 20, exchange: str = "") -> list[Listed]:
        """Return instruments that contain or resemble a text, best first.

        ``exchange`` is the only one to look at; empty means all that the daemon knows.
        """
        answer = await self.request(messages.Search(text=text, limit=limit, exchange=exchange))
        return [*messages.read_answer(answer, messages.SearchResult).found]

    async def tickers(self, within: float = 5.0) -> list[dict[str, Any]]:
        """Return the status of every open ticker."""
        answer = await self.request(messages.List(), within)
        return list(answer["tickers"])

    async def daemon_status(self, within: float = 5.0) -> dict[str, Any]:
        """Return how the daemon is: processes, workers, clients, counters."""
        return await self.request(messages.DaemonStatus(), within)

    async def why(self, ticker: str) -> dict[str, Any]:
        """Return each hop of a ticker's way with its state."""
        return await self.request(messages.Why(ticker=ticker))
