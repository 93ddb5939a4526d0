"""An actor: one task, one bounded mailbox, one message at a time.

::

    class Counter(Actor[int]):
        async def on_receive(self, message: int) -> int:
            self.total += message
            return self.total

    ChildSpec(name="counter", kind=Kind.TASK, target=counter.run)
    counter.ref.tell(1)
    total = await counter.ref.ask(1, deadline=2.0)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from supervisors.errors import ActorStopped, AskTimeout, MailboxClosed
from supervisors.mailbox import Mailbox, MailboxStatistics, Overflow

if TYPE_CHECKING:
    from supervisors.child import Child

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class _Letter(Generic[M]):
    message: M
    reply: asyncio.Future[object] | None = None

    def refuse(self, error: BaseException) -> None:
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(error)


class Actor(Generic[M]):
    """Override the moments you need. All of them run in the task that runs ``run()``.

    The mailbox outlives a failure: when a supervisor runs the same object again, the messages
    that waited are still there and every ``ActorRef`` goes on working. What must be fresh in
    each life belongs in ``on_start``.
    """

    #: Messages that may wait, and what happens to the next one. Override in the class.
    capacity = 256
    overflow = Overflow.REJECT

    def __init__(self) -> None:
        self._mailbox: Mailbox[_Letter[M]] = Mailbox(self.capacity, self.overflow)
        self._runs = False
        self.ref: ActorRef[M] = ActorRef(self)

    async def on_start(self, child: Child) -> None:
        """Before the first message; the actor is ready when it returns.

        If it raises, the start failed: no other moment follows.
        """

    async def on_receive(self, message: M) -> object:
        """Handle one message; what is returned answers ``ask``.

        If it raises, the asker gets the error, and ``on_failure`` decides what becomes of us.
        """
        raise NotImplementedError

    async def on_failure(self, error: Exception, message: M) -> None:
        """After ``on_receive`` raised. Return to go on with the next message.

        By default, and whenever it raises, the actor fails with that error after ``on_stop``:
        its supervisor decides.
        """
        del message
        raise error

    async def on_stop(self) -> None:
        """After the last message, however the life ended, cancellation included.

        If it raises, the actor fails with that error.
        """

    async def run(self, child: Child) -> None:
        """Live one life: the target of a task child, or a coroutine to run by hand.

        Ends normally when ``child.stopping`` is set or after ``ref.stop()``; the message at hand
        is finished first, the askers of the others get ActorStopped.
        """
        if self._mailbox.closed:
            self._mailbox = Mailbox(self.capacity, self.overflow)
        await self.on_start(child)
        self._runs = True
        stopper = asyncio.create_task(self._stop_with(child))
        try:
            child.ready()
            await self._receive(child)
        finally:
            self._runs = False
            stopper.cancel()
            await self.on_stop()

    async def _receive(self, child: Child) -> None:
        while True:
            try:
                letter = await self._mailbox.get()
            except MailboxClosed:
                return
            await self._handle(letter)
            child.beat()

    async def _handle(self, letter: _Letter[M]) -> None:
        try:
            answer = await self.on_receive(letter.message)
        except asyncio.CancelledError:
            letter.refuse(ActorStopped("the actor was cancelled while it answered"))
            raise
        except Exception as error:  # noqa: BLE001 - on_failure decides about any of them
            letter.refuse(error)
            await self.on_failure(error, letter.message)
            return
        if letter.reply is not None and not letter.reply.done():
            letter.reply.set_result(answer)

    async def _stop_with(self, child: Child) -> None:
        await child.stopping.wait()
        self.close()

    def close(self) -> None:
        """Take no more messages and tell the askers of those that waited."""
        for letter in self._mailbox.close():
            letter.refuse(ActorStopped("the actor stopped before it read the message"))


class ActorRef(Generic[M]):
    """What may be passed around instead of the actor; nothing here blocks.

    For tasks of the actor's own event loop.
    """

    def __init__(self, actor: Actor[M]) -> None:
        self._actor = actor

    @property
    def is_alive(self) -> bool:
        """Whether the actor is running; False between two lives as well."""
        return self._actor._runs  # noqa: SLF001 - the two halves of one thing

    def tell(self, message: M) -> None:
        """Put a message into the mailbox, and do not wait.

        Raises ActorStopped when it will not be read any more, and MailboxFull under ``REJECT``.
        """
        self._post(_Letter(message))

    async def ask(self, message: M, *, deadline: float) -> object:
        """Put a message into the mailbox and wait at most ``deadline`` seconds for the answer.

        Raises what ``tell`` raises, what ``on_receive`` raises, ActorStopped when the actor
        stops before it answers, and AskTimeout. A late answer is dropped.
        """
        reply: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._post(_Letter(message, reply))
        try:
            done, _ = await asyncio.wait([reply], timeout=deadline)
        finally:
            reply.cancel()  # changes nothing once there is an answer
        if not done:
            raise AskTimeout(f"no answer within {deadline:g} s")
        return reply.result()

    def stop(self) -> None:
        """Have the actor end normally after the message at hand; again is no error."""
        self._actor.close()

    def statistics(self) -> MailboxStatistics:
        """Return the figures of the mailbox."""
        return self._actor._mailbox.statistics()  # noqa: SLF001 - the two halves of one thing

    def _post(self, letter: _Letter[M]) -> None:
        try:
            lost = self._actor._mailbox.put(letter)  # noqa: SLF001 - the two halves of one thing
        except MailboxClosed as error:
            raise ActorStopped("the actor has stopped") from error
        if lost is not None:
            lost.refuse(ActorStopped("the mailbox was full and dropped the message"))
