"""The asynchronous client: ``async with connect() as cs: async for tick in cs.stream(…)``."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Self

from cryptostream.client.inbox import Inbox
from cryptostream.client.sockets import ClientSockets
from cryptostream.errors import NotConnected, UnknownSymbol
from cryptostream.records import Record, Status, Tick
from cryptostream.wire import messages
from cryptostream.wire.effects import (
    Accepted,
    Answer,
    Connected,
    Deafen,
    Disconnected,
    Gap,
    Listen,
    Rejected,
    Reset,
    Send,
)
from cryptostream.wire.frames import Message, decode_meta, decode_payload
from cryptostream.wire.session import Session
from cryptostream.wire.stamping import stamp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from types import TracebackType

    from cryptostream.client.inbox import Item, Statistics
    from cryptostream.symbols import Listed
    from cryptostream.wire.effects import Output

CONTROL = "tcp://127.0.0.1:7700"
DATA = "tcp://127.0.0.1:7701"
# Items that wait for a program that is busy: two seconds at the highest rate measured.
INBOX = 10_000
# Longer than any daemon grants: it answers with what it does grant.
LONGEST_LEASE = 1e9
# How often the session looks at its clock (s): heartbeats and leases are seconds.
_LOOK = 0.1
_EFFECTS = (Send, Listen, Deafen, Reset)


class AsyncClient:
    """A connection to a daemon that heals itself; use it in one event loop.

    It subscribes again after any restart of the daemon, asks for what it missed, and tells as
    :class:`~cryptostream.wire.effects.Gap` what could not be made good. ``status`` holds the
    newest status of each ticker.
    """

    def __init__(
        self,
        control: str = CONTROL,
        data: str = DATA,
        *,
        client_id: str | None = None,
        agent: str = "cryptostream-python",
        inbox: int = INBOX,
    ) -> None:
        self._session = Session(client_id or _new_id(), agent)
        self._control = control
        self._sockets = ClientSockets(control, data, self._on_answer, self._on_data, self._wake)
        self._inbox = Inbox(inbox)
        self._news = asyncio.Event()
        self._connected = asyncio.Event()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._verdicts: dict[str, asyncio.Future[str]] = {}
        self._clock: asyncio.Task[None] | None = None
        self.status: dict[str, Status] = {}
        self.gaps = 0
        self.simulated = False

    # -- life ---------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the sockets; see :meth:`connected` for an answer of the daemon."""
        self._sockets.open()
        self._do(self._session.started(time.monotonic()))
        self._clock = asyncio.create_task(self._look(), name="cryptostream client")
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Say good-bye and close."""
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
        self._do(self._session.ended(time.monotonic()))
        self._sockets.close_sockets()
        # Ending the context waits (at most 0.2 s) until the good-bye has left.
        await asyncio.to_thread(self._sockets.end)

    async def connected(self, within: float = 5.0) -> Self:
        """Wait until the daemon has answered.

        Raises:
            NotConnected: nobody answered within so many seconds.

        """
        try:
            async with asyncio.timeout(within):
                await self._connected.wait()
        except TimeoutError:
            raise NotConnected(
                f"no daemon answers at {self._control}",
                hint="start one with 'cryptostream up' or 'cryptostream demo'",
            ) from None
        return self

    # -- what the user wants ------------------------------------------------------------

    async def subscribe(self, *tickers: str, within: float = 10.0) -> dict[str, str]:
        """Follow tickers; return {ticker as given: canonical symbol}.

        Raises:
            UnknownSymbol: the daemon refused one; the others are followed all the same.
            NotConnected: the daemon did not answer within so many seconds.

        """
        loop = asyncio.get_running_loop()
        waits: dict[str, asyncio.Future[str]] = {}
        for ticker in tickers:
            wait = self._verdicts.get(ticker)
            waits[ticker] = wait if wait is not None else loop.create_future()
            self._verdicts[ticker] = waits[ticker]
        self._do(self._session.subscribe(tickers, time.monotonic()))
        done, late = await asyncio.wait(waits.values(), timeout=within)
        for ticker in waits:
            self._verdicts.pop(ticker, None)
        if late:
            raise NotConnected("the daemon did not answer in time", hint="cryptostream status")
        refusals = [error for wait in done if (error := wait.exception()) is not None]
        if refusals:
            raise refusals[0]
        return {ticker: wait.result() for ticker, wait in waits.items()}

    def wanted(self) -> list[str]:
        """Return the symbols that are followed, sorted."""
        return self._session.wanted()

    def unsubscribe(self, *tickers: str) -> None:
        """Follow these tickers no more."""
        self._do(self._session.unsubscribe(tickers, time.monotonic()))

    async def events(self) -> AsyncIterator[Item]:
        """Yield everything in order: ticks, trades, statuses, gaps, connection events."""
        while True:
            item = self._inbox.take()
            if item is None:
                self._news.clear()
                await self._news.wait()
                continue
            yield item

    async def stream(self, *tickers: str) -> AsyncIterator[Tick]:
        """Follow tickers and yield their ticks as they come, for ever.

        What is between two ticks of a symbol (a status, a gap) is told by :meth:`events`;
        ``status`` and ``gaps`` say it at any time.

        Raises:
            UnknownSymbol: one of the tickers does not exist.

        """
        await self.connected()
        symbols = set((await self.subscribe(*tickers)).values())
        async for item in self.events():
            if isinstance(item, Tick) and (not symbols or item.symbol in symbols):
                yield item

    def poll(self) -> Item | None:
        """Return the oldest waiting item at once, ``None`` when there is none."""
        return self._inbox.take()

    async def wait(self, within: float) -> bool:
        """Wait until an item is there, at most so many seconds; return whether one is."""
        if len(self._inbox):
            await asyncio.sleep(0)  # a caller that only waits must not keep the sockets waiting
            return True
        self._news.clear()
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def statistics(self) -> Statistics:
        """Return the counters of the queue between the sockets and your program."""
        return self._inbox.statistics()

    # -- requests -----------------------------------------------------------------------

    async def request(self, request: messages.Request, within: float = 5.0) -> dict[str, Any]:
        """Make a control request and return the daemon's answer.

        Raises:
            CryptoStreamError: the daemon refused it or did not answer in time.

        """
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        outputs = self._session.request(request, time.monotonic(), within)
        self._answers[self._session.last_call] = future
        self._do(outputs)
        return await future

    async def on_behalf_of(self, client_id: str, request: messages.Request) -> dict[str, Any]:
        """Make a request in the name of another client, and leave that client's lease running.

        The other client's tickers are kept for as long as the daemon grants
        (``router.max_lease``).
        """
        other = AsyncClient(
            *self._sockets.addresses, client_id=client_id, agent=self._session.agent
        )
        other._session.asked_lease = LONGEST_LEASE
        other._session.stays = True
        async with other:
            await other.connected()
            return await other.request(request)

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

    # -- between sockets and session ----------------------------------------------------

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            self._do(self._session.clock(time.monotonic()))
            self._wake()

    def _on_answer(self, body: bytes) -> None:
        self._do(self._session.answer(body, time.monotonic()))

    def _on_data(self, message: Message) -> None:
        self._do(self._session.data(message, time.monotonic()))

    def _wake(self) -> None:
        if len(self._inbox):
            self._news.set()

    def _do(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Record):
                self._inbox.put(output)
            elif isinstance(output, _EFFECTS):
                if self._sockets.carry_out(output):
                    self._sockets.open()
                    self._do(self._session.started(time.monotonic()))
            elif isinstance(output, Answer):
                self._answered(output)
            else:
                self._note(output)
                self._inbox.put(output)
        self._wake()

    def _note(self, item: Item) -> None:
        match item:
            case Status():
                self.status[item.symbol] = item
            case Gap():
                self.gaps += 1
            case Connected():
                self.simulated = item.simulated
                self._connected.set()
            case Disconnected():
                self._connected.clear()
            case Accepted():
                self._decide(item.ticker, item.symbol)
            case Rejected():
                self._decide(item.ticker, _refusal(item))

    def _decide(self, ticker: str, verdict: str | Exception) -> None:
        wait = self._verdicts.get(ticker)
        if wait is None or wait.done():
            return
        if isinstance(verdict, str):
            wait.set_result(verdict)
        else:
            wait.set_exception(verdict)

    def _answered(self, answer: Answer) -> None:
        future = self._answers.pop(answer.call_id, None)
        if future is None or future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.fields or {})


def _new_id() -> str:
    from uuid import uuid4  # noqa: PLC0415 - 3 ms, which only a connection needs

    return str(uuid4())


def _refusal(item: Rejected) -> UnknownSymbol:
    error = UnknownSymbol(
        item.error.message,
        code=item.error.code,
        hint=item.error.hint,
        retriable=item.error.retriable,
    )
    error.suggestions = item.suggestions
    return error


def connect(
    control: str = CONTROL,
    data: str = DATA,
    *,
    client_id: str | None = None,
    agent: str = "cryptostream-python",
    inbox: int = INBOX,
) -> AsyncClient:
    """Return a client for ``async with``; ``inbox`` bounds the items that wait for you."""
    return AsyncClient(control, data, client_id=client_id, agent=agent, inbox=inbox)
