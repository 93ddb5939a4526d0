"""The standard output and error of a child process, as bounded lines at a bounded rate."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from supervisors.events import Emitter, What
from supervisors.mailbox import Mailbox, Overflow

if TYPE_CHECKING:
    from supervisors.clock import Clock

# Bytes of one line; the rest of a longer one is cut off.
LINE_LIMIT = 16 * 1024
# Lines that may wait for the hook, and how many it gets at once between two pauses (seconds):
# 2,000 lines a second at most. A child that prints more loses lines, not its supervisor time.
QUEUE = 1000
BATCH = 100
PAUSE = 0.05

_CHUNK = 64 * 1024


class LineCutter:
    """Cuts a stream of bytes into lines; holds at most one bounded line."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._held = b""
        self._cut = False  # the held line is too long already

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that the chunk completes."""
        *whole, rest = chunk.split(b"\n")
        lines = []
        for piece in whole:
            self._hold(piece)
            lines.append(self._take())
        self._hold(rest)
        return lines

    def end(self) -> list[str]:
        """Return the last line, if the stream ended without a line end."""
        return [self._take()] if self._held else []

    def _hold(self, piece: bytes) -> None:
        room = self._limit - len(self._held)
        self._cut = self._cut or len(piece) > room
        self._held += piece[:room]

    def _take(self) -> str:
        line = self._held.decode(errors="replace").rstrip("\r") + ("…" if self._cut else "")
        self._held, self._cut = b"", False
        return line


class Output:
    """Reads what a child prints and hands it to the hook; the child never waits for us."""

    def __init__(self, path: str, emitter: Emitter, clock: Clock) -> None:
        self._path = path
        self._emitter = emitter
        self._clock = clock
        # The first lines of a flood say more than the last ones.
        self._lines: Mailbox[tuple[str, str]] = Mailbox(QUEUE, Overflow.DROP_NEWEST)
        self._told = 0  # dropped lines the hook knows of
        self._transports: list[asyncio.ReadTransport] = []
        self._readers: list[asyncio.Task[None]] = []
        self._pump: asyncio.Task[None] | None = None

    async def attach(self, stream: str, descriptor: int) -> None:
        """Read from the descriptor, which is ours from now on."""
        reader = asyncio.StreamReader(limit=_CHUNK)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
        )
        self._transports.append(transport)
        self._readers.append(asyncio.create_task(self._read(stream, reader)))
        if self._pump is None:
            self._pump = asyncio.create_task(self._pump_lines())

    async def close(self, within: float) -> None:
        """Hand over what is left, wait at most so many seconds for the end of the streams."""
        if self._readers:
            await asyncio.wait(self._readers, timeout=within)
        self.abort()
        while len(self._lines):
            self._tell(await self._lines.get())
        self._tell_dropped()

    def abort(self) -> None:
        """Let go of everything at once."""
        for transport in self._transports:
            transport.close()
        for task in (*self._readers, self._pump):
            if task is not None:
                task.cancel()

    async def _read(self, stream: str, reader: asyncio.StreamReader) -> None:
        cutter = LineCutter()
        while chunk := await reader.read(_CHUNK):
            for line in cutter.feed(chunk):
                self._lines.put((stream, line))
        for line in cutter.end():
            self._lines.put((stream, line))

    async def _pump_lines(self) -> None:
        while True:
            self._tell(await self._lines.get())
            for _ in range(min(BATCH - 1, len(self._lines))):
                self._tell(await self._lines.get())
            self._tell_dropped()
            await self._clock.sleep(PAUSE)

    def _tell(self, item: tuple[str, str]) -> None:
        stream, line = item
        self._emitter.emit(What.OUTPUT, self._path, {"stream": stream, "line": line})

    def _tell_dropped(self) -> None:
        dropped = self._lines.statistics().dropped
        if dropped > self._told:
            self._emitter.emit(What.OUTPUT, self._path, {"dropped": dropped - self._told})
            self._told = dropped
