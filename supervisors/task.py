"""A child that is an asyncio task of this loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from supervisors.child import Child, LocalChild
from supervisors.errors import SpecError
from supervisors.failure import Failure, describe
from supervisors.runner import Rung, Runner
from supervisors.target import resolve

if TYPE_CHECKING:
    from supervisors.spec import ChildSpec, Target


class TaskRunner(Runner):
    """One life of a task. Its ladder: set ``stopping``, cancel, cancel again, abandon."""

    _task: asyncio.Task[Failure | None] | None = None
    _cancelled = False

    async def _launch(self) -> Failure | None:
        self._child = LocalChild(
            self.path,
            on_ready=self._heard_ready,
            on_beat=self._heard_beat,
            on_report=self._heard_report,
        )
        try:
            target = resolve(self.spec.target)
        except SpecError as error:
            return describe(error)
        self._task = asyncio.create_task(_account(target, self._child, self.spec), name=self.path)
        self._task.add_done_callback(lambda _task: self._heard_end())
        return None

    def _rungs(self) -> tuple[Rung, Rung, Rung]:
        patience = self.spec.shutdown
        return (
            ("ask", self._child.stopping.set, patience.ask),
            ("cancel", self._cancel, patience.terminate),
            ("cancel again", self._cancel, patience.kill),
        )

    async def _collect(self) -> Failure | None:
        if self._task is None or not self._task.done():
            return None  # abandoned
        if self._task.cancelled():
            return None if self._cancelled else Failure(reason="it cancelled itself", code="ended")
        return self._task.result()

    def _cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _abort(self) -> None:
        if self._task is not None and not self._task.done():
            self._cancel()


async def _account(target: Target, child: Child, spec: ChildSpec) -> Failure | None:
    """Run the function and return its failure as a value."""
    try:
        await target(child, **spec.arguments)
    except SystemExit as error:  # one child must not end the program that supervises it
        return None if error.code in {None, 0} else describe(error)
    except Exception as error:  # noqa: BLE001 - the border where any error becomes a Failure
        return describe(error)
    return None
