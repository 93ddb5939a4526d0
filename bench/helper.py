"""Processes of a benchmark's own: one JSON line asks, one JSON line answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    Handler = Callable[..., Awaitable[Any]]

# A taken list of ticks is one line.
_LONGEST_LINE = 256 * 1024 * 1024
# A helper whose input has ended closes its browser first (s).
_END_WITHIN = 15.0


class HelperFailed(Exception):
    """A helper could not do what it was asked."""


class Helper:
    """Starts ``python -m <module> …`` and asks it things; ends it whatever happens."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def begin(self, op: str, **fields: object) -> None:
        """Ask without waiting; :meth:`answer` waits."""
        stdin = self._process.stdin
        if stdin is None:
            raise HelperFailed("it has no input")
        stdin.write(json.dumps({"op": op, **fields}) + "\n")
        stdin.flush()

    def answer(self) -> Any:  # noqa: ANN401 - whatever the helper says
        """Wait for the answer to the oldest question.

        Raises:
            HelperFailed: it could not, or it has ended.

        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise HelperFailed(f"a helper ended with code {self._process.wait(_END_WITHIN)}")
        found = json.loads(line)
        if "error" in found:
            raise HelperFailed(found["error"])
        return found["ok"]

    def ask(self, op: str, **fields: object) -> Any:  # noqa: ANN401 - whatever the helper says
        """Ask and wait for the answer; see :meth:`answer`."""
        self.begin(op, **fields)
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


async def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer what stdin asks until it ends: the helper's side."""
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request: dict[str, Any] = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = {"ok": await handlers[request.pop("op")](**request)}
        except Exception as error:  # noqa: BLE001 - it travels to the asker, which raises it
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
