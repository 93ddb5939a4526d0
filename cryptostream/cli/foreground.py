"""A daemon in the foreground of a terminal: started, watched, stopped by a signal or its work."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.cli.exits import Exit
from supervisors.signals import SignalBox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cryptostream.app.root import Root

    Work = Callable[[], Awaitable[Exit]]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long (s) the work may take to say good-bye before the daemon is stopped all the same: a
# client's takes 0.2 s at most, and everything has to end within 5 s.
_FAREWELL = 0.5


async def foreground(root: Root, work: Work | None = None) -> Exit:
    """Run the daemon until a signal, the end of ``work``, or the daemon's own end.

    A second signal makes the stop hasty.

    Raises:
        CryptoStreamError: the daemon did not start, gave up, or the work failed.

    """
    with SignalBox(_SIGNALS) as box:
        note = asyncio.create_task(box.next())
        life = asyncio.create_task(_live(root, work))
        try:
            await asyncio.wait({note, life}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                return life.result()
            return Exit.OK
        finally:
            reason = note.result().name if note.done() else "its work is done"
            await _stop(root, life, note, box, reason)


async def _stop(
    root: Root,
    life: asyncio.Task[Exit],
    note: asyncio.Task[signal.Signals],
    box: SignalBox,
    reason: str,
) -> None:
    note.cancel()
    again = asyncio.create_task(_hasten(root, box))
    await _end(life)
    await root.stop(reason)
    if not await _end(life):
        logger.warning("the command's work goes on after the daemon was stopped")
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)


async def _end(life: asyncio.Task[Exit]) -> bool:
    life.cancel()
    await asyncio.wait({life}, timeout=_FAREWELL)
    if life.done() and not life.cancelled() and (error := life.exception()) is not None:
        logger.debug("the command's work ended with {!r}", error)
    return life.done()


async def _hasten(root: Root, box: SignalBox) -> None:
    await box.next()
    root.supervisor.hasten()


async def _live(root: Root, work: Work | None) -> Exit:
    await root.start()
    if work is None:
        await root.run()
        return Exit.OK
    running = asyncio.create_task(root.run())
    working = asyncio.create_task(_done(work))
    try:
        await asyncio.wait({running, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        running.result()
        return Exit.OK
    finally:
        for task in (running, working):
            task.cancel()
        await asyncio.gather(running, working, return_exceptions=True)


async def _done(work: Work) -> Exit:
    return await work()
