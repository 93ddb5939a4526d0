"""A child that is an OS process: spawned, listened to, brought down, and cleared up after."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supervisors import guard
from supervisors.control import LINE_LIMIT, decode, decode_failure, encode
from supervisors.errors import BrokenControl
from supervisors.events import What
from supervisors.failure import Failure, one_line
from supervisors.lifeline import REAP_WITHIN, Lifeline, new_token
from supervisors.output import Output
from supervisors.runner import Rung, Runner

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from supervisors.clock import Clock
    from supervisors.events import Emitter
    from supervisors.spec import ChildSpec

# Seconds to wait for the last lines of a child that is gone; they are in the pipe already.
_LAST_LINES = 1.0
# What clearing up after one child may add to its ladder, in seconds.
CLEAR_UP_WITHIN = REAP_WITHIN + 2 * _LAST_LINES

_PACKAGES = Path(__file__).parents[1]


def python_path(inherited: str) -> str:
    """Return the PYTHONPATH with which a child finds this package as we did.

    Installed packages are found anyway, and must not come before the standard library.
    """
    if _PACKAGES.name in {"site-packages", "dist-packages"}:
        return inherited
    return os.pathsep.join(part for part in (inherited, str(_PACKAGES)) if part)


def account(returncode: int) -> Failure | None:
    """Return what an exit status says; None for a clean exit."""
    if returncode == 0:
        return None
    if returncode > 0:
        return Failure(reason=f"it left with status {returncode}", code="exit_status")
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # a real-time signal has no name of its own
        name = f"signal {-returncode}"
    return Failure(reason=f"it was killed by {name}", code="signal")


class ProcessRunner(Runner):
    """One life of a process. Its ladder: ask over the control channel, SIGTERM, SIGKILL."""

    def __init__(
        self, spec: ChildSpec, path: str, emitter: Emitter, clock: Clock, lifeline: Lifeline
    ) -> None:
        super().__init__(spec, path, emitter, clock)
        self._lifeline = lifeline
        self._token = new_token()
        self._output = Output(path, emitter, clock)
        self._process: asyncio.subprocess.Process | None = None
        self._control: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._waiter: asyncio.Task[None] | None = None
        self._told: Failure | None = None  # what the child said of itself

    async def _launch(self) -> Failure | None:
        try:
            await self._lifeline.ensure_guard()
            with ExitStack() as opened:
                await self._spawn(opened)
        except OSError as error:
            return Failure(reason=one_line(f"cannot start a process: {error}"), code="spawn")
        return None

    async def _spawn(self, opened: ExitStack) -> None:
        """Start the process; ``opened`` closes the ends of the channels that are the child's."""
        ours, theirs = socket.socketpair()
        opened.enter_context(theirs)
        try:
            streams = {name: await self._pipe(name, opened) for name in ("stdout", "stderr")}
            self._process = await self._exec(theirs.fileno(), streams)
        except BaseException:
            ours.close()
            raise
        self.pid = self._process.pid
        self._waiter = asyncio.create_task(self._wait_for_end(self._process))
        reader, self._control = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        self._listener = asyncio.create_task(self._listen(reader))
        self._control.write(self._begin())

    async def _pipe(self, name: str, opened: ExitStack) -> int:
        """Return the end of a pipe that the child writes to; we listen at the other.

        Our own pipes and not asyncio's: there, a grandchild that holds one open would keep
        ``wait()`` from noticing that the child is gone.
        """
        read, write = os.pipe()
        opened.callback(os.close, write)
        await self._output.attach(name, read)
        return write

    def _exec(
        self, control: int, streams: dict[str, int]
    ) -> Coroutine[Any, Any, asyncio.subprocess.Process]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.environment}
        environment["PYTHONPATH"] = python_path(environment.get("PYTHONPATH", ""))
        environment |= self._lifeline.environment(self._token)
        # -P: a stray json.py where the user happens to stand must not be imported. The path of
        # the child is there for whoever reads the process list.
        command = (sys.executable, "-P", "-m", "supervisors.boot", str(control), self.path)
        return asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            **streams,  # type: ignore[arg-type]
            env=environment,
            pass_fds=(control,),
            start_new_session=True,  # Ctrl-C in the terminal is for the root alone
        )

    def _begin(self) -> bytes:
        beat = self.spec.heartbeat
        return encode(
            "begin",
            path=self.path,
            target=self.spec.target,
            arguments=dict(self.spec.arguments),
            interval=beat.interval if beat else None,
            parent=os.getpid(),
        )

    async def _wait_for_end(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        self._heard_end()

    # --- hearing ---------------------------------------------------------------------------

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._hear(*decode(line))
        except ConnectionError:  # the child is gone; its exit status says why
            return
        except (BrokenControl, ValueError) as error:  # ValueError: a line over the limit
            self._told = Failure(reason=one_line(str(error)), code="broken_control")
            self._sign(broken=True)

    def _hear(self, kind: str, fields: dict[str, Any]) -> None:
        match kind:
            case "ready":
                self._heard_ready()
            case "beat":
                self._heard_beat()
            case "report":
                self._heard_report(fields.get("facts") or {})
            case "error":
                self._told = decode_failure(fields)
                self._heard_farewell()
            case "bye":
                self._heard_farewell()
            case _:
                raise BrokenControl(f"a child does not say {kind!r}")

    # --- stopping --------------------------------------------------------------------------

    def _rungs(self) -> tuple[Rung, Rung, Rung]:
        patience = self.spec.shutdown
        return (
            ("ask", self._ask, patience.ask),
            ("SIGTERM", self._terminate, patience.terminate),
            ("SIGKILL", self._kill, patience.kill),
        )

    def _ask(self) -> None:
        if self._control is not None and not self._control.is_closing():
            self._control.write(encode("stop", reason=self._why))

    def _terminate(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # it left just now
                self._process.terminate()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._kill_group()
            with suppress(ProcessLookupError):
                self._process.kill()

    def _kill_group(self) -> None:
        """Kill the group that the child was made the leader of, as far as it is still there."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _collect(self) -> Failure | None:
        """Kill what the child left behind, then read its last lines.

        In this order: a grandchild may hold the other ends of the pipes open.
        """
        if sys.platform != "linux":  # nobody shows us the environments: the group must do
            self._kill_group()
        left = await asyncio.to_thread(guard.reap, self._token, REAP_WITHIN)
        left = [pid for pid in left if pid != self.pid]
        if left:
            self._emit(What.REAPED, pids=left)
        if self._listener is not None:
            await asyncio.wait([self._listener], timeout=_LAST_LINES)
        await self._output.close(_LAST_LINES)
        if self._process is None or self._process.returncode is None:
            return self._told
        status = account(self._process.returncode)
        # A clean exit after an error line cannot be: the error speaks.
        return self._told or status

    def _abort(self) -> None:
        self._kill()
        self._output.abort()
        if self._control is not None:
            self._control.close()
        for task in (self._listener, self._waiter):
            if task is not None:
                task.cancel()
