"""Stand-ins for tests, ours and those of users.

A clock turned by hand, a scripted child, an actor and a hook that remember; each has a way to
wait for what a test expects.
"""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from supervisors.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supervisors.child import Child
    from supervisors.events import Event, What

M = TypeVar("M")

# Turns of the loop that let everybody woken act, and those woken by them, before time goes on.
_TURNS = 50
# What a recorder keeps, at most; a test that needs more should look earlier.
_KEPT = 100_000


class ManualClock:
    """A clock that stands still until a test advances it."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return the time in seconds."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), sleeper))
        await sleeper

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass, waking each sleeper at its own time."""
        await settle()
        target = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            self._now, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)
                await settle()
        self._now = target
        await settle()


async def settle() -> None:
    """Let the other tasks of the loop run until they wait, as far as no real I/O is needed."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class _Log:
    """Entries that can be waited for; ``deadline`` is in real seconds."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _until(self, happened: Callable[[], bool], deadline: float, what: str) -> None:
        try:
            async with asyncio.timeout(deadline):
                while not happened():
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not happen within {deadline:g} s") from None


class StubChild(_Log):
    """A task child that does what the test says: hand ``stub`` itself to a spec as the target.

    Each life waits for orders; they go to the latest life. ``auto_ready`` makes each life ready
    at once, ``deaf`` makes it ignore ``stopping`` (cancelling still works).
    """

    def __init__(self, *, auto_ready: bool = True, deaf: bool = False) -> None:
        super().__init__()
        self.auto_ready = auto_ready
        self.deaf = deaf
        self.lives = 0
        self.arguments: Mapping[str, object] = {}
        self.child: Child | None = None
        self._orders: asyncio.Future[BaseException | None] | None = None

    async def __call__(self, child: Child, **arguments: object) -> None:
        """Live until told to end."""
        self.child, self.arguments = child, arguments
        self._orders = orders = asyncio.get_running_loop().create_future()
        self.lives += 1
        self._tell()
        if self.auto_ready:
            child.ready()
        stop = asyncio.create_task(child.stopping.wait())
        waits: set[asyncio.Future[object]] = {orders} if self.deaf else {orders, stop}  # type: ignore[arg-type]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if orders.done() and (error := orders.result()) is not None:
            raise error

    async def started(self, lives: int, deadline: float = 5.0) -> None:
        """Wait until it was started so many times."""
        await self._until(lambda: self.lives >= lives, deadline, f"start {lives}")

    def become_ready(self) -> None:
        """Have the present life call ``ready()``."""
        if self.child is not None:
            self.child.ready()

    def beat(self) -> None:
        """Have the present life beat."""
        if self.child is not None:
            self.child.beat()

    def fail(self, error: BaseException) -> None:
        """Have the present life raise."""
        self._order(error)

    def finish(self) -> None:
        """Have the present life return."""
        self._order(None)

    def _order(self, error: BaseException | None) -> None:
        if self._orders is not None and not self._orders.done():
            self._orders.set_result(error)


class ProbeActor(Actor[M], _Log):
    """An actor that keeps its messages and answers with ``answer`` (an exception is raised)."""

    def __init__(self, answer: object = None) -> None:
        Actor.__init__(self)
        _Log.__init__(self)
        self.answer = answer
        self.messages: list[M] = []
        self.moments: list[str] = []

    async def on_start(self, child: Child) -> None:
        """Note the moment."""
        del child
        self.moments.append("start")

    async def on_receive(self, message: M) -> object:
        """Keep the message and answer."""
        self.messages.append(message)
        del self.messages[:-_KEPT]
        self._tell()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def on_stop(self) -> None:
        """Note the moment."""
        self.moments.append("stop")

    async def received(self, messages: int, deadline: float = 5.0) -> None:
        """Wait until so many messages came."""
        await self._until(lambda: len(self.messages) >= messages, deadline, f"message {messages}")


class RecordingHook(_Log):
    """A hook that remembers, and lets a test wait for what it expects."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)
        del self.events[:-_KEPT]
        self._tell()

    async def wait_for(self, predicate: Callable[[Event], bool], deadline: float = 10.0) -> Event:
        """Return the first event, past ones included, for which the predicate holds."""
        found: list[Event] = []

        def happened() -> bool:
            found[:] = [event for event in self.events if predicate(event)][:1]
            return bool(found)

        await self._until(happened, deadline, "the event expected")
        return found[0]

    def of(self, what: What, child: str | None = None) -> list[Event]:
        """Return the events of that sort, of that child if one is named."""
        return [e for e in self.events if e.what == what and child in {None, e.child}]
