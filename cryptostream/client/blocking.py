"""The blocking client: ``with connect() as cs: for tick in cs.stream("BTCUSDT")``.

The asynchronous client runs in a thread of its own, so that leases are renewed and missed
records asked for while your program computes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cryptostream.client import aio
from cryptostream.client.pending import closed
from cryptostream.errors import NotConnected
from cryptostream.records import Tick

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from types import TracebackType

    from cryptostream.client.inbox import Item, Statistics
    from cryptostream.records import Record, Status
    from cryptostream.symbols import Listed
    from cryptostream.wire.messages import Request

T = TypeVar("T")

# A call into the client's thread that takes longer than this (s) beyond its own deadline
# means that the thread is gone.
_MARGIN = 5.0
# How long one wait for news lasts (s): between two waits Ctrl-C gets its turn.
_WAIT = 0.5
# How long tasks that were told to end have for it (s), before their loop is closed.
_LEAVE_WITHIN = 1.0


class Client:
    """A connection to a daemon for programs without an event loop; use it in one thread."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of aio.connect
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="cryptostream client", daemon=True)
        self._gone = threading.Event()
        self._client: aio.AsyncClient | None = None
        self._fetched: deque[Item] = deque()  # bounded by the inbox that it is fetched from

    def __enter__(self) -> Self:
        """Start the client's thread and wait for the daemon.

        Raises:
            NotConnected: no daemon answers.
            ConfigError: an address is none that can be connected to.

        """
        try:
            self._thread.start()
            self._call(self._open(), _MARGIN)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close the connection and end the thread; again is no error."""
        self._end()

    def subscribe(self, *tickers: str) -> dict[str, str]:
        """Follow tickers; see :meth:`cryptostream.client.aio.AsyncClient.subscribe`."""
        return self._call(self._inner.subscribe(*tickers), 10.0)

    def unsubscribe(self, *tickers: str) -> None:
        """Follow these tickers no more."""

        async def unsubscribe() -> None:
            self._inner.unsubscribe(*tickers)

        self._call(unsubscribe(), 1.0)

    def events(self, within: float | None = None) -> Iterator[Item]:
        """Yield everything in order; end after ``within`` seconds without anything."""
        heard = time.monotonic()
        while True:
            # What a caller leaves behind by ending a loop early is there for the next one.
            while self._fetched:
                yield self._fetched.popleft()
                heard = time.monotonic()
            rest = _WAIT if within is None else heard + within - time.monotonic()
            self._call(self._batch(min(_WAIT, max(0.0, rest))), _WAIT)
            if within is not None and not self._fetched and time.monotonic() >= heard + within:
                return

    def stream(self, *tickers: str) -> Iterator[Tick]:
        """Follow tickers and yield their ticks as they come, for ever.

        Raises:
            UnknownSymbol: one of the tickers does not exist.

        """
        symbols = set(self.subscribe(*tickers).values())
        for item in self.events():
            if isinstance(item, Tick) and (not symbols or item.symbol in symbols):
                yield item

    @property
    def status(self) -> dict[str, Status]:
        """The newest status of each ticker, as of now: a copy that stays as it is."""
        return self._inner.status.copy()

    @property
    def gaps(self) -> int:
        """How many gaps were told."""
        return self._inner.gaps

    def statistics(self) -> Statistics:
        """Return the counters of the queue between the sockets and your program."""
        return self._inner.statistics()

    def history(self, ticker: str, limit: int = 100) -> list[Record]:
        """Return the newest ticks of a ticker that the daemon still holds, oldest first."""
        return self._call(self._inner.history(ticker, limit), 5.0)

    def search(self, text: str, limit: int = 20, exchange: str = "") -> list[Listed]:
        """Return instruments that contain or resemble a text, best first."""
        return self._call(self._inner.search(text, limit, exchange), 5.0)

    def tickers(self) -> list[dict[str, Any]]:
        """Return the status of every open ticker."""
        return self._call(self._inner.tickers(), 5.0)

    def daemon_status(self) -> dict[str, Any]:
        """Return how the daemon is."""
        return self._call(self._inner.daemon_status(), 5.0)

    def why(self, ticker: str) -> dict[str, Any]:
        """Return each hop of a ticker's way with its state."""
        return self._call(self._inner.why(ticker), 5.0)

    def on_behalf_of(self, client_id: str, request: Request) -> dict[str, Any]:
        """Make a request in the name of another client; see the asynchronous client."""
        return self._call(self._inner.on_behalf_of(client_id, request), 10.0)

    # -- the thread ---------------------------------------------------------------------

    @property
    def _inner(self) -> aio.AsyncClient:
        if self._client is None:
            raise NotConnected("the client is not open", hint="use it in a with statement")
        return self._client

    async def _open(self) -> None:
        # Known from its first moment: a Ctrl-C can fall between its opening and our answer.
        client = self._client = aio.connect(**self._options)
        await client.__aenter__()
        await client.connected()

    async def _batch(self, within: float) -> None:
        """Fetch what is there, or what comes within so many seconds.

        It is kept here, in the client's thread: the caller may be interrupted at any moment.
        """
        client = self._inner
        if await client.wait(within):
            while (item := client.poll()) is not None:
                self._fetched.append(item)

    def _call(self, work: Coroutine[Any, Any, T], within: float) -> T:
        if self._loop.is_closed():
            work.close()
            raise closed()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(within + _MARGIN)
        except BaseException:
            future.cancel()
            raise

    def _run(self) -> None:
        """Run the loop until it is told to stop, and close what was opened in it."""
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._leave())
        finally:
            self._loop.close()
            self._gone.set()

    async def _leave(self) -> None:
        if self._client is not None:
            await self._client.__aexit__(None, None, None)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=_LEAVE_WITHIN)

    def _end(self) -> None:
        """Have the thread close all and end; a Ctrl-C here ends only the waiting for it."""
        if self._thread.ident is None or self._gone.is_set():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        # Not by joining: in Python 3.11 a Ctrl-C there makes a thread look ended that still runs.
        if self._gone.wait(_MARGIN):
            self._thread.join(_MARGIN)


def connect(
    control: str = aio.CONTROL,
    data: str = aio.DATA,
    *,
    client_id: str | None = None,
    agent: str = "cryptostream-python",
    inbox: int = aio.INBOX,
) -> Client:
    """Return a client for ``with``; ``inbox`` bounds the items that wait for you."""
    return Client(control=control, data=data, client_id=client_id, agent=agent, inbox=inbox)
