"""Who may write a topic, and what those who stand by have sent last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.wire.topics import TICK, TRADE, topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.wire.hop import DataFrame


@dataclass(slots=True)
class Tail:
    """The newest message of a source that stands by; times of arrival in ns."""

    first_ns: int = 0
    last_ns: int = 0
    frame: DataFrame | None = None

    def take(self, frame: DataFrame, now_ns: int) -> None:
        """Keep a message in place of the former one."""
        self.first_ns = self.first_ns or now_ns
        self.last_ns = now_ns
        self.frame = frame


class Writers:
    """For each topic the worker that may publish on it, and the tails of the others."""

    def __init__(self) -> None:
        # topic -> incarnation of the worker whose records go out
        self.owners: dict[bytes, int] = {}
        self._tails: dict[tuple[int, bytes], Tail] = {}

    def set(self, symbol: str, owner: int | None, others: Iterable[int]) -> None:
        """Let one worker publish a symbol and others stand by; nobody else may send it."""
        standing_by = set(others)
        for kind in (TICK, TRADE):
            name = topic(kind, symbol)
            if owner is None:
                self.owners.pop(name, None)
            else:
                self.owners[name] = owner
            former = {one for one, at in self._tails if at == name}
            for incarnation in former - standing_by:
                del self._tails[incarnation, name]
            for incarnation in standing_by - former:
                self._tails[incarnation, name] = Tail()

    def tail(self, incarnation: int, name: bytes) -> Tail | None:
        """Return what a worker that stands by for this topic has sent."""
        return self._tails.get((incarnation, name))
