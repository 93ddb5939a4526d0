"""What ties a tree of processes to its root: tokens in the environment, and the guard.

Three layers keep a killed root from leaving orphans: the kernel kills each child with the thread
that started it (Linux), each child kills its own group when the control channel ends, and the
guard kills whoever is left, grandchildren in sessions of their own included. The first two live
in ``boot``.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from typing import TYPE_CHECKING

from supervisors import guard
from supervisors.clock import happens
from supervisors.events import Emitter, What

if TYPE_CHECKING:
    from supervisors.clock import Clock

# Seconds the guard looks for survivors, and how much longer we wait for the guard itself.
REAP_WITHIN = 5.0
GUARD_MARGIN = 2.0
# Seconds before a guard that died is replaced; only keeps a broken machine from spinning.
_REPLACE_AFTER = 1.0


def new_token() -> str:
    """Return a token nobody else has."""
    return secrets.token_hex(16)


def _chain(variable: str, token: str) -> str:
    outer = os.environ.get(variable, "")
    return f"{outer}/{token}" if outer else token


class Lifeline:
    """The token of one tree, and its guard process, started with the first child process."""

    def __init__(self, name: str, emitter: Emitter, clock: Clock) -> None:
        self.token = new_token()
        self._name = f"{name} (guard)"
        self._emitter = emitter
        self._clock = clock
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False
        self._starting = asyncio.Lock()  # children that start together share one guard
        self._guard: asyncio.subprocess.Process | None = None
        self._pipe: int | None = None  # the write end; its end is the signal

    def environment(self, child_token: str) -> dict[str, str]:
        """Return what the environment of a child must carry."""
        return {
            guard.TREE: _chain(guard.TREE, self.token),
            guard.CHILD: _chain(guard.CHILD, child_token),
        }

    async def ensure_guard(self) -> None:
        """Have a guard running; OSError when none can be started."""
        async with self._starting:
            if self._keeper is None and sys.platform == "linux":
                process = await self._start_guard()
                self._keeper = asyncio.create_task(self._keep(process))

    async def close(self) -> None:
        """Let the guard see the end: it kills who is left of the tree, and leaves."""
        self._closing = True
        self._let_go()
        if self._keeper is None:
            return
        done = asyncio.Event()
        self._keeper.add_done_callback(lambda _task: done.set())
        left = await asyncio.to_thread(guard.tagged, self.token)
        patience = REAP_WITHIN + GUARD_MARGIN if left else GUARD_MARGIN
        if not await happens(done, patience, self._clock) and self._guard is not None:
            # Stopped or stuck: everything else is down, so nobody needs it any more.
            self._guard.kill()
            await happens(done, GUARD_MARGIN, self._clock)
        self._keeper.cancel()

    async def _start_guard(self) -> asyncio.subprocess.Process:
        ours, theirs = os.pipe()[::-1]
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", guard.__file__, self.token, str(REAP_WITHIN)),
                stdin=theirs,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._pipe = ours
        self._guard = process
        return process

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        """Replace a guard that dies before we do."""
        while True:
            status = await process.wait()
            if self._closing:
                return
            self._let_go()
            self._tell(f"the guard left with status {status}; it is replaced")
            process = await self._replacement()

    async def _replacement(self) -> asyncio.subprocess.Process:
        while True:
            await self._clock.sleep(_REPLACE_AFTER)
            try:
                return await self._start_guard()
            except OSError as error:
                self._tell(f"no guard could be started ({error}); it is tried again")

    def _tell(self, reason: str) -> None:
        self._emitter.emit(What.FAILED, self._name, {"reason": reason, "code": "guard"})

    def _let_go(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
