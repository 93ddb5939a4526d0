"""Requests under way: which answers are expected, until when, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptostream.errors import RequestError
from cryptostream.wire import messages

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

Purpose = Literal["hello", "declare", "recover", "user", "ping"]


@dataclass(slots=True)
class Call:
    """A request whose answer is expected before ``deadline`` (s on the caller's clock)."""

    body: bytes
    deadline: float
    purpose: Purpose
    topic: bytes = b""

    def asked(self) -> list[str]:
        """Return the symbols that this declaration asks for."""
        _, request = messages.decode_request(self.body)
        if isinstance(request, messages.Set):
            return list(request.tickers)
        return list(request.add) if isinstance(request, messages.Modify) else []


class Calls:
    """All requests under way, by their id; ``last`` is the newest id."""

    def __init__(self) -> None:
        self._open: dict[int, Call] = {}
        self.last = 0

    def __len__(self) -> int:
        """Return how many answers are expected."""
        return len(self._open)

    def make(
        self, request: messages.Request, purpose: Purpose, deadline: float, topic: bytes = b""
    ) -> Call:
        """Give a request its number and expect its answer."""
        self.last += 1
        body = messages.encode_request(self.last, request)
        call = self._open[self.last] = Call(body, deadline, purpose, topic)
        return call

    def take(self, call_id: object) -> Call | None:
        """Return the request that an answer belongs to, and expect it no more.

        ``None`` for the answer to a request that was repeated or withdrawn.
        """
        return self._open.pop(call_id, None) if isinstance(call_id, int) else None

    def expect_again(self, call_id: int, call: Call, deadline: float) -> None:
        """Go on waiting for an answer that was of no use."""
        call.deadline = deadline
        self._open[call_id] = call

    def withdraw(self, purpose: Purpose, topic: bytes = b"") -> None:
        """Expect no more answer to requests of this purpose and topic."""
        for call_id, call in list(self._open.items()):
            if call.purpose == purpose and call.topic == topic:
                del self._open[call_id]

    def keep_only(self, purposes: AbstractSet[Purpose]) -> None:
        """Expect only answers to requests of these purposes."""
        for call_id, call in list(self._open.items()):
            if call.purpose not in purposes:
                del self._open[call_id]

    def due(self, now: float) -> list[tuple[int, Call]]:
        """Return the requests whose deadline has passed."""
        return [(call_id, call) for call_id, call in self._open.items() if now >= call.deadline]


def no_answer() -> RequestError:
    """Return the error of a request whose deadline has passed."""
    return RequestError(
        "the daemon did not answer in time",
        code="no_answer",
        retriable=True,
        hint="see 'cryptostream status'",
    )
