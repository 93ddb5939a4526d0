"""Work that would hold up the loop, done in a thread with a loop of its own.

ccxt asks for the markets of an exchange as a coroutine and then computes on them for half a
second: in our own loop nothing else would move meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

# Work that is cancelled ends at once, unless it computes; then it is left to itself after this (s).
_LAST_WORDS = 0.5


async def aside(prepare: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of a coroutine that runs in a thread with a loop of its own.

    ``prepare`` makes it, in that thread and before there is a loop. What it raises is raised
    here; when the caller is cancelled, so is the coroutine.
    """
    work = _Work(prepare)
    task = asyncio.create_task(asyncio.to_thread(work.run))
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        work.cancel()
        await asyncio.wait({task}, timeout=_LAST_WORDS)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            # Whatever it says now, nobody waits for it any more.
            await task
        raise
    return task.result()


class _Work(Generic[T]):
    """The other side: the coroutine, and the way to cancel it from our thread."""

    def __init__(self, prepare: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._prepare = prepare
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    def run(self) -> T:
        """Do the work; runs in the other thread."""
        coroutine = self._prepare()
        with asyncio.Runner() as runner:
            return runner.run(self._cancellable(coroutine))

    async def _cancellable(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            self._task = asyncio.current_task()
            if self._cancelled and self._task is not None:
                self._task.cancel()
        try:
            return await coroutine
        finally:
            with self._lock:
                self._task = None

    def cancel(self) -> None:
        """Cancel the work; runs in our thread."""
        with self._lock:
            self._cancelled = True
            if self._task is not None:
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
