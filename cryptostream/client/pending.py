"""What callers of a client wait for: answers to requests, the daemon's word on tickers.

Each caller has a future of its own, so that nobody takes over what another one left behind.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cryptostream.errors import CryptoStreamError, NotConnected, UnknownSymbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.wire.effects import Answer, Rejected

    Reply = asyncio.Future[dict[str, Any]]
    # A refusal is a result too: one that nobody fetches any more is no fault.
    Verdict = asyncio.Future[str | CryptoStreamError]


class Pending:
    """The futures of all callers of one client; ``answers`` by call id, ``verdicts`` by ticker."""

    def __init__(self) -> None:
        self.answers: dict[int, Reply] = {}
        self.verdicts: dict[str, list[Verdict]] = {}
        self.ended: Callable[[], CryptoStreamError] | None = None

    def expect(self, call_id: int) -> Reply:
        """Return what will be the answer to a request; see :meth:`forget`."""
        reply = self.answers[call_id] = asyncio.get_running_loop().create_future()
        return reply

    def forget(self, call_id: int) -> None:
        """Expect this answer no more."""
        self.answers.pop(call_id, None)

    def answered(self, answer: Answer) -> None:
        """Give an answer to who waits for it."""
        reply = self.answers.get(answer.call_id)
        if reply is None or reply.done():
            return
        if answer.error is not None:
            reply.set_exception(answer.error)
        else:
            reply.set_result(answer.fields or {})

    def await_verdicts(self, tickers: Iterable[str]) -> dict[str, Verdict]:
        """Return what will be said of each ticker as it is written; see :meth:`drop`."""
        loop = asyncio.get_running_loop()
        waits: dict[str, Verdict] = {ticker: loop.create_future() for ticker in tickers}
        for ticker, wait in waits.items():
            self.verdicts.setdefault(ticker, []).append(wait)
        return waits

    def drop(self, waits: Mapping[str, Verdict]) -> None:
        """Wait for these verdicts no more."""
        for ticker, wait in waits.items():
            self.verdicts[ticker].remove(wait)
            if not self.verdicts[ticker]:
                del self.verdicts[ticker]

    def decide(self, ticker: str, verdict: str | CryptoStreamError) -> None:
        """Give the daemon's word to all who wait for it: a canonical symbol, or the refusal."""
        for wait in self.verdicts.get(ticker, ()):
            if not wait.done():
                wait.set_result(verdict)

    def end(self, error: Callable[[], CryptoStreamError]) -> None:
        """End every wait, and each one to come, with an error; only the first end counts."""
        self.ended = self.ended or error
        for reply in self.answers.values():
            if not reply.done():
                reply.set_exception(self.ended())
        for ticker in self.verdicts:
            self.decide(ticker, self.ended())

    def check(self) -> None:
        """Raise what ended the client, when it has ended."""
        if self.ended is not None:
            raise self.ended()


def symbols_of(waits: Mapping[str, Verdict]) -> dict[str, str]:
    """Return the canonical symbols of tickers that were all decided.

    Raises:
        CryptoStreamError: the first refusal.

    """
    found: dict[str, str] = {}
    for ticker, wait in waits.items():
        verdict = wait.result()
        if isinstance(verdict, CryptoStreamError):
            raise verdict
        found[ticker] = verdict
    return found


def closed() -> CryptoStreamError:
    """Return the error of a client whose user has closed it."""
    return NotConnected(
        "the client was closed", retriable=False, hint="use it inside its with statement"
    )


def broken(cause: BaseException | None) -> CryptoStreamError:
    """Return the error of a client that a fault of its own, or a cancellation, has ended."""
    why = "its task was cancelled" if cause is None else repr(cause)
    error = CryptoStreamError(f"the client broke: {why}", hint="open a new one, and report this")
    error.__cause__ = cause
    return error


def refusal(item: Rejected) -> UnknownSymbol:
    """Return the error of a ticker that was refused, with the near names that were found."""
    error = UnknownSymbol(
        item.error.message,
        code=item.error.code,
        hint=item.error.hint,
        retriable=item.error.retriable,
    )
    error.suggestions = item.suggestions
    return error
