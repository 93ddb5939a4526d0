"""What a child sees of its supervisor: the same four things in a process and in a task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Child(Protocol):
    """The first argument of every child function.

    The function calls ``ready()`` once it does its work, leaves soon after ``stopping`` is
    set, returns for a normal end and raises for a failure.
    """

    @property
    def name(self) -> str:
        """The path of this child below the root."""

    @property
    def stopping(self) -> asyncio.Event:
        """Set when the child is asked to stop."""

    def ready(self) -> None:
        """Say that the child does its work now; saying it again changes nothing."""

    def beat(self) -> None:
        """Say that the child is alive; a process does it by itself."""

    def report(self, facts: Mapping[str, object]) -> None:
        """Hand a mapping of JSON values to the hook of the supervisor."""


class LocalChild:
    """A ``Child`` in the same event loop: what a task gets, and what a test can hand in."""

    def __init__(
        self,
        name: str,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_beat: Callable[[], None] = lambda: None,
        on_report: Callable[[Mapping[str, object]], None] = lambda _facts: None,
    ) -> None:
        self.name = name
        self.stopping = asyncio.Event()
        self._on_ready = on_ready
        self._on_beat = on_beat
        self._on_report = on_report

    def ready(self) -> None:
        """Tell the supervisor."""
        self._on_ready()

    def beat(self) -> None:
        """Tell the supervisor."""
        self._on_beat()

    def report(self, facts: Mapping[str, object]) -> None:
        """Tell the supervisor; the mapping is copied, so the child may go on changing its own."""
        self._on_report(dict(facts))
