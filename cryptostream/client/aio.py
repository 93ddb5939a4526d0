"""The asynchronous client: ``async with connect() as cs: async for tick in cs.stream(…)``."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Self

from cryptostream.client.inbox import Inbox
from cryptostream.client.pending import Pending, broken, closed, refusal, symbols_of
from cryptostream.client.questions import Questions
from cryptostream.client.sockets import ClientSockets
from cryptostream.errors import CryptoStreamError, NotConnected
from cryptostream.records import Record, Status, Tick
from cryptostream.wire.calls import no_answer
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
from cryptostream.wire.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from types import TracebackType

    from cryptostream.client.inbox import Item, Statistics
    from cryptostream.wire import messages
    from cryptostream.wire.effects import Output
    from cryptostream.wire.frames import Message

CONTROL = "tcp://127.0.0.1:7700"
DATA = "tcp://127.0.0.1:7701"
# Items that wait for a program that is busy: two seconds at the highest rate measured.
INBOX = 10_000
# Longer than any daemon grants: it answers with what it does grant.
LONGEST_LEASE = 1e9
# How often the session looks at its clock (s): heartbeats and leases are seconds.
_LOOK = 0.1
# A look that comes so much later (s) than it should was kept from its time by the program.
_LATE = 0.5
# The session itself ends a request at its deadline; so much later (s) nobody waits for that.
_BACKSTOP = 1.0
# Ending takes 0.2 s at most, while the good-bye leaves; after so long (s) we do not wait for it.
_END_WITHIN = 2.0
_EFFECTS = (Send, Listen, Deafen, Reset)


class AsyncClient(Questions):
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
        self._pending = Pending()
        self._clock: asyncio.Task[None] | None = None
        self._unopened = ""
        self.status: dict[str, Status] = {}
        self.gaps = 0
        self.simulated = False

    # -- life ---------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the sockets; see :meth:`connected` for an answer of the daemon.

        Raises:
            ConfigError: an address is none that can be connected to.
            NotConnected: the system gives no more sockets now.

        """
        try:
            self._sockets.open()
            self._do(self._session.started(time.monotonic()))
        except BaseException:
            # An open socket would keep the end of its context waiting: for ever, and in
            # whatever the program does when the garbage is collected.
            self._sockets.close_sockets(linger=0)
            self._sockets.end()
            raise
        self._clock = asyncio.create_task(self._look(), name="cryptostream client")
        self._clock.add_done_callback(self._stopped)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Say good-bye and close; again is no error.

        All that counts is done before the first wait: a cancellation can only skip the waiting.
        """
        try:
            self._do(self._session.ended(time.monotonic()))
        finally:
            self._sockets.close_sockets()
            self._ended(closed)
            # Ending the context waits (at most 0.2 s) until the good-bye has left.
            ending = asyncio.get_running_loop().run_in_executor(None, self._sockets.end)
        rest: set[asyncio.Future[None]] = {ending}
        if self._clock is not None:
            self._clock.cancel()
            rest.add(self._clock)
        await asyncio.wait(rest, timeout=_END_WITHIN)

    async def connected(self, within: float = 5.0) -> Self:
        """Wait until the daemon has answered.

        Raises:
            NotConnected: nobody answered within so many seconds, or the client was closed.

        """
        self._pending.check()
        try:
            async with asyncio.timeout(within):
                await self._connected.wait()
        except TimeoutError:
            raise NotConnected(
                f"no daemon answers at {self._control}",
                hint="start one with 'cryptostream up' or 'cryptostream demo'",
            ) from None
        self._pending.check()
        return self

    def _stopped(self, clock: asyncio.Task[None]) -> None:
        """Tell whoever waits that nothing will come any more, when it was not us who ended it."""
        if self._pending.ended is not None:
            return
        cause = None if clock.cancelled() else clock.exception()
        if cause is not None:
            context = {"message": "the client broke", "exception": cause, "task": clock}
            asyncio.get_running_loop().call_exception_handler(context)
        self._ended(lambda: broken(cause))

    def _ended(self, error: Callable[[], CryptoStreamError]) -> None:
        self._pending.end(error)
        self._news.set()
        self._connected.set()

    # -- what the user wants ------------------------------------------------------------

    async def subscribe(self, *tickers: str, within: float = 10.0) -> dict[str, str]:
        """Follow tickers; return {ticker as given: canonical symbol}.

        Raises:
            UnknownSymbol: the daemon refused one; the others are followed all the same.
            NotConnected: the daemon did not answer within so many seconds: the tickers stay
                wanted all the same. Or the client was closed.

        """
        self._pending.check()
        if not tickers:
            return {}
        waits = self._pending.await_verdicts(tickers)
        try:
            self._do(self._session.subscribe(tickers, time.monotonic()))
            _, late = await asyncio.wait(waits.values(), timeout=within)
        finally:
            self._pending.drop(waits)
        if late:
            raise NotConnected("the daemon did not answer in time", hint="cryptostream status")
        return symbols_of(waits)

    def wanted(self) -> list[str]:
        """Return the symbols that are followed, sorted."""
        return self._session.wanted()

    def unsubscribe(self, *tickers: str) -> None:
        """Follow these tickers no more."""
        self._do(self._session.unsubscribe(tickers, time.monotonic()))

    async def events(self) -> AsyncIterator[Item]:
        """Yield everything in order: ticks, trades, statuses, gaps, connection events.

        Raises:
            NotConnected: the client was closed, and all that came before was yielded.

        """
        while True:
            item = self._inbox.take()
            if item is None:
                self._pending.check()
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
        """Wait until an item is there, at most so many seconds; return whether one is.

        Raises:
            NotConnected: the client was closed, and nothing waits.

        """
        if len(self._inbox):
            await asyncio.sleep(0)  # a caller that only waits must not keep the sockets waiting
            return True
        self._pending.check()
        self._news.clear()
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return False
        if not len(self._inbox):
            self._pending.check()
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
        self._pending.check()
        outputs = self._session.request(request, time.monotonic(), within)
        call_id = self._session.last_call
        reply = self._pending.expect(call_id)
        try:
            self._do(outputs)
            async with asyncio.timeout(within + _BACKSTOP):
                return await reply
        except TimeoutError:
            raise no_answer() from None
        finally:
            self._pending.forget(call_id)

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

    # -- between sockets and session ----------------------------------------------------

    async def _look(self) -> None:
        while True:
            due = time.monotonic() + _LOOK
            await asyncio.sleep(_LOOK)
            if time.monotonic() > due + _LATE:
                await self._catch_up()
            if not self._sockets.are_open:
                self._open_again()
            self._do(self._session.clock(time.monotonic()))
            self._wake()

    async def _catch_up(self) -> None:
        """Read before judging: the program was busy, and what came meanwhile lies unread."""
        self._sockets.kick()
        await asyncio.sleep(0)
        self._session.woke(time.monotonic())

    def _open_again(self) -> None:
        """Open new sockets; what keeps us from it is told once, and each look tries again."""
        try:
            self._sockets.open()
        except CryptoStreamError as error:
            if error.line() != self._unopened:
                self._unopened = error.line()
                self._inbox.put(Disconnected(self._unopened))
            return
        self._unopened = ""
        self._do(self._session.started(time.monotonic()))

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
                    self._open_again()
            elif isinstance(output, Answer):
                self._pending.answered(output)
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
                self._pending.decide(item.ticker, item.symbol)
            case Rejected():
                self._pending.decide(item.ticker, refusal(item))


def _new_id() -> str:
    from uuid import uuid4  # noqa: PLC0415 - 3 ms, which only a connection needs

    return str(uuid4())


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
