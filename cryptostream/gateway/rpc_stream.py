"""One stream of prices: a viewer of the hub whose connection is an answer of Connect."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import CryptoStreamError, Overloaded
from cryptostream.gateway.admission import Allowance
from cryptostream.gateway.closing import Close
from cryptostream.gateway.conversation import Conversation
from cryptostream.gateway.encoding import Codec
from cryptostream.gateway.lanes import granted
from cryptostream.gateway.outbox import Outbox
from cryptostream.gateway.rpc_errors import closed
from cryptostream.gateway.rpc_messages import prepared
from cryptostream.gateway.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.messages import Modify, Subscribe
    from cryptostream.gateway.rpc_messages import Prepared
    from cryptostream.gateway.services import Services

# Requests that wait for one stream; policy ``refuse``: one more is answered with an error.
_WAITING = 64
# One request takes as long as the daemon's word does, at most 3 s; so long (s) for those before.
_DONE_WITHIN = 10.0


class RpcViewer(Viewer):
    """A viewer by Connect."""

    __slots__ = ()

    @property
    def transport(self) -> str:
        """What it is connected by."""
        return "connect"


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A request; ``done`` says whether the stream took it or ended before."""

    number: int
    request: Subscribe | Modify
    done: asyncio.Future[bool]


class PriceStream:
    """One client's stream, from its begin to its end."""

    def __init__(self, services: Services, grant: Grant, address: str, client_id: str) -> None:
        settings = services.config.gateway
        outbox = Outbox(settings.queue, settings.slow_after)
        # MessagePack is what is turned into the schema's form: it is read fastest.
        self.viewer = RpcViewer(Codec.MSGPACK, outbox, grant, self._wake, address)
        self.viewer.client_id = client_id
        self.viewer.heard_last = time.monotonic()
        self._services = services
        self._kinds: tuple[str, ...] = ()
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(_WAITING)
        self._news = asyncio.Event()
        self.why: BaseException | None = None  # it is to end, or did
        self._left = False
        rate = grant.rate or settings.request_rate
        self._allowance = Allowance(rate, time.monotonic())

    @property
    def running(self) -> bool:
        """Whether it can still be changed."""
        return self.why is None and not self._left

    def begin(self, first: Subscribe, changes: Iterable[tuple[int, Modify]]) -> None:
        """Say what the stream is to follow; there are fewer ``changes`` than may wait."""
        self._kinds = first.kinds or ("tick",)
        self.viewer.interval_ms = granted(first.interval_ms or 0)
        self._ask(0, first)
        for number, change in changes:
            self._ask(number, self._with_kinds(change))

    async def events(self) -> AsyncIterator[Prepared]:
        """Yield what comes until the stream is to end.

        Raises:
            CryptoStreamError: why it ends.

        """
        services, viewer = self._services, self.viewer
        working = asyncio.create_task(self._work(), name=f"requests of {viewer.client_id:.40}")
        working.add_done_callback(self._worked)
        try:
            while self.why is None:
                message = viewer.outbox.take()
                if message is None:
                    self._news.clear()
                    await self._news.wait()
                    continue
                yield prepared(message)
                services.delivery.sent(viewer, len(message), time.monotonic())
            raise self.why
        finally:
            self._left = True
            services.leave(viewer)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            while not self._jobs.empty():
                _settle(self._jobs.get_nowait(), took=False)

    async def modify(self, number: int, change: Modify) -> bool:
        """Change what is followed; return whether the stream did, or ended before it could.

        Raises:
            Overloaded: more requests than this client may send, or than may wait.

        """
        taken = self._allowance.take(time.monotonic())
        if self._allowance.is_flood():
            self.viewer.close(Close.FLOOD)
        if not taken or self._jobs.full():
            raise Overloaded(
                "too many requests",
                code="too_many_requests",
                hint="send fewer, with more tickers each",
            )
        if not self.running:
            return False
        done = self._ask(number, self._with_kinds(change))
        try:
            async with asyncio.timeout(_DONE_WITHIN):
                return await done
        except TimeoutError as error:
            raise Overloaded("the daemon is slow: the change still waits", code="no_answer") from (
                error
            )

    def end(self, why: CryptoStreamError) -> None:
        """Release all that it follows now, and end it with an error."""
        self._services.leave(self.viewer)
        self._finish(why)

    def _with_kinds(self, change: Modify) -> Modify:
        return type(change)(
            add=change.add,
            remove=change.remove,
            interval_ms=change.interval_ms,
            kinds=self._kinds,  # type: ignore[arg-type]
        )

    def _ask(self, number: int, request: Subscribe | Modify) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job(number, request, done))
        return done

    async def _work(self) -> None:
        services = self._services
        conversation = Conversation(self.viewer, services.hub, services.upstream, services.config)
        while True:
            job = await self._jobs.get()
            took = False
            try:
                await conversation.follow({"t": "results", "request": job.number}, job.request)
                took = self.running
            finally:
                _settle(job, took=took)

    def _worked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._finish(task.exception())

    def _wake(self, why: Close | None) -> None:
        self._news.set()
        if why is not None:
            self._finish(closed(why))

    def _finish(self, why: BaseException | None) -> None:
        """Let the stream end; the first reason counts."""
        if self.why is None:
            self.why = why
        self._news.set()


def _settle(job: _Job, *, took: bool) -> None:
    # Who asked may have left: then nobody waits any more.
    if not job.done.done():
        job.done.set_result(took)
