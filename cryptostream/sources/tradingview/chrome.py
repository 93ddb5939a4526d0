"""One Chromium process on a pipe of our own: started, spoken to, ended with all it brought."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections import deque
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.errors import CryptoStreamError, StartError
from cryptostream.sources.tradingview.cdp import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# How long a browser may take to end by itself, then to be gone after SIGKILL (s). Together
# they stay below what the supervisor grants this process.
_END_WITHIN = 1.0
_KILL_WITHIN = 0.5
# Lines of the browser's own complaints that are kept for the day it does not start.
_LAST_WORDS = 20
_LINE = 4096
# Chromium reads commands from descriptor 3 and writes to descriptor 4.
_ON_ITS_PIPE = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'


class Chrome:
    """A running browser; ``connection.gone`` is set when it is no more."""

    def __init__(self, profile: Path) -> None:
        self.connection = Connection()
        self._profile = profile
        self._process: asyncio.subprocess.Process | None = None
        self._transport: asyncio.Transport | None = None
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listener: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The browser's main process."""
        return self._process.pid if self._process else None

    async def start(self, command: Sequence[str], within: float) -> None:
        """Start the browser and wait until it answers.

        Raises:
            StartError: it does not run, or did not answer within so many seconds.

        """
        # What a killed predecessor left behind would only be in the way.
        await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)
        await self._spawn([*command, f"--user-data-dir={self._profile}", "about:blank"])
        try:
            await self.connection.send("Browser.getVersion", within=within)
        except CryptoStreamError as error:
            words = next((word for word in reversed(self._words) if word.strip()), error.message)
            await self.stop()
            raise StartError(
                f"the browser did not start: {words}",
                code="browser_start",
                hint="see 'cryptostream doctor'",
            ) from error

    async def stop(self) -> None:
        """End the browser with everything that it started."""
        process = self._process
        if process is not None:
            if not self.connection.gone.is_set():
                with contextlib.suppress(CryptoStreamError):
                    await self.connection.send("Browser.close", within=_END_WITHIN)
            if not await _ended(process, _END_WITHIN):
                _kill_group(process.pid)
                await _ended(process, _KILL_WITHIN)
            # Its renderers, if it fell before it could end them.
            _kill_group(process.pid)
            if process.stdin is not None:
                process.stdin.close()
        if self._transport is not None:
            self._transport.close()
        if self._listener is not None:
            # It ends with the last process that holds the browser's stderr, and closes our end.
            await asyncio.wait({self._listener}, timeout=_KILL_WITHIN)
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)

    async def _spawn(self, command: list[str]) -> None:
        # A socket pair, for it can be read into a buffer that is there already: a pipe of
        # asyncio's maps and unmaps a quarter of a megabyte for every message. Commands have a
        # pipe of their own: on one pair each read of ours would wake the browser's reader.
        ours, theirs = socket.socketpair()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", _ON_ITS_PIPE, "chromium"),
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE,
                start_new_session=True,
            )
        finally:
            theirs.close()
            await self._connect(ours)
        self._listener = asyncio.create_task(self._listen(), name="browser's stderr")

    async def _connect(self, ours: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self.connection, sock=ours)
        if self._process is not None and self._process.stdin is not None:
            self.connection.writes_to(self._process.stdin.transport)

    async def _listen(self) -> None:
        """Read what the browser complains about: an unread pipe would stop it."""
        process = self._process
        if process is None or process.stderr is None:
            return
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # longer than a line may be: skipped
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            self._words.append(text)
            logger.debug("browser: {}", text)


async def _ended(process: asyncio.subprocess.Process, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _kill_group(pid: int) -> None:
    # It leads a session of its own, so its renderers go with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
