"""Signals as notes in a box: the handler only writes one, the loop reads it and acts."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

# Notes kept at most; nobody needs to know that Ctrl-C was pressed more often.
_NOTES = 16


class SignalBox:
    """A context in which the signals are noted instead of acted upon; main thread only.

    On leaving it, the handlers that were there before are put back.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._notes: deque[signal.Signals] = deque(maxlen=_NOTES)
        self._news = asyncio.Event()
        self._old: dict[signal.Signals, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._loop = asyncio.get_running_loop()
        for number in self._signals:
            self._old[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_exc: object) -> None:
        """Put the old handlers back."""
        for number, handler in self._old.items():
            # None: a handler that was not set from Python and cannot be put back from it.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._old.clear()

    async def next(self) -> signal.Signals:
        """Wait for the next signal, oldest first."""
        while not self._notes:
            self._news.clear()
            await self._news.wait()
        return self._notes.popleft()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._notes.append(signal.Signals(number))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)
