"""The root of a running daemon: starts the tree, listens to it, grows it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from loguru import logger

from cryptostream import logs
from cryptostream.app.ledger import Ledger
from cryptostream.app.runtime import RuntimeDir
from cryptostream.app.tree import browser, build_tree
from cryptostream.errors import CryptoStreamError, StartError
from supervisors.errors import Escalated, StartFailed
from supervisors.events import Event, What
from supervisors.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from cryptostream.config.settings import Config

    Listener = Callable[[Event], None]

# Everything ends within 5 s: after so many of them (s) nobody is asked politely any more.
_PATIENCE = 3.0
# Between two attempts to start one more browser (s).
_GROW_AGAIN = 5.0
_LOUD = frozenset(
    {What.FAILED, What.LATE, What.HUNG, What.KILLED, What.ABANDONED, What.ESCALATED, What.REAPED}
)


class Root:
    """Owns the supervisor of one daemon; lives in one event loop.

    ``listener`` hears of every event. The lines of all processes go where ``logs.configure``
    sends our own; without it, nowhere.
    """

    def __init__(self, config: Config, listener: Listener | None = None) -> None:
        self.config = config
        self.supervisor = Supervisor(build_tree(config), hook=self._hear)
        self._listener = listener
        self._runtime = RuntimeDir(config)
        self._wanted = config.browsers.start
        self._more = asyncio.Event()
        self._ledger = Ledger(config.tree_path(), self.supervisor.children)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start everything; it serves when this returns.

        Raises:
            StartError: a process did not start; the text is its own.

        """
        await asyncio.to_thread(self._runtime.take)
        self._begin(self._ledger.run(), "keep the ledger")
        try:
            await self.supervisor.start()
        except StartFailed as error:
            await self._end_tasks()
            self._runtime.release()
            raise _start_error(error) from error
        self._begin(self._grow(), "grow browsers")

    async def run(self) -> None:
        """Wait until it is stopped.

        Raises:
            CryptoStreamError: the tree gave up.

        """
        try:
            await self.supervisor.run()
        except Escalated as error:
            raise CryptoStreamError(
                f"the daemon gave up: {error}", code="gave_up", hint="see the log for the cause"
            ) from error

    async def stop(self, reason: str = "") -> None:
        """Stop everything, in reverse order."""
        await self._end_tasks()
        # Several hung children one after the other would take longer than anybody waits.
        hasten = asyncio.get_running_loop().call_later(_PATIENCE, self.supervisor.hasten)
        try:
            await self.supervisor.stop(reason)
        finally:
            hasten.cancel()
            self._runtime.release()

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_note_end)
        self._tasks.append(task)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    # -- listening ----------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        self._ledger.hear(event)
        if event.what is What.OUTPUT:
            self._output(event)
        elif event.what is What.REPORT:
            self._wanted = max(self._wanted, int(str(event.detail.get("browsers", 0))))
            self._more.set()
        else:
            level = "WARNING" if event.what in _LOUD else "DEBUG"
            facts = " ".join(f"{key}={value}" for key, value in event.detail.items())
            logger.bind(event=f"supervisor.{event.what}").log(
                level, "{} {} {}", event.child, event.what, facts
            )
        if self._listener is not None:
            self._listener(event)

    def _output(self, event: Event) -> None:
        """Pass on what a process wrote: its lines are formatted already."""
        line = event.detail.get("line")
        if line is None:
            logger.warning("{} lines of {} were dropped", event.detail.get("dropped"), event.child)
        else:
            logs.pass_on(str(line))

    # -- growing ------------------------------------------------------------------------

    async def _grow(self) -> None:
        started = self.config.browsers.start
        while True:
            await self._more.wait()
            self._more.clear()
            while started < min(self._wanted, self.config.browsers.ceiling):
                try:
                    await self.supervisor.start_child(browser(self.config, started))
                except StartFailed as error:
                    logger.error("one more browser did not start: {}", error)
                    await asyncio.sleep(_GROW_AGAIN)
                    continue
                started += 1


def _note_end(task: asyncio.Task[None]) -> None:
    # They end when they are cancelled; the daemon serves on without them, and says so.
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.opt(exception=error).error("{} has failed: {!r}", task.get_name(), error)


def _start_error(error: StartFailed) -> StartError:
    facts: dict[str, Any] = {
        name: getattr(error, name) for name in ("hint", "code") if getattr(error, name, "")
    }
    return StartError(str(error), **facts)
