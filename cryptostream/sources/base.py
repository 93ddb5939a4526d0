"""The interface of every source, and where it delivers what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from cryptostream.records import Tick, Trade
    from cryptostream.wire.hop import Report


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can deliver."""

    trades: bool
    bid_ask: bool
    history: bool


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """What a source's terms allow, as data: shown to people, carried with its name."""

    automated: bool  # may a program read it at all?
    redistribution: bool
    needs_key: bool
    terms: str


class Outlet(Protocol):
    """Where a source delivers; every method returns at once."""

    def tick(self, record: Tick) -> None:
        """Publish a tick."""
        ...

    def trade(self, record: Trade) -> None:
        """Publish a trade."""
        ...

    def report(self, report: Report) -> None:
        """Say that a ticker's state has changed, in order with its records."""
        ...

    def flush(self) -> None:
        """Send now what was delivered in this pass of the loop, not at its end."""
        ...


class Source(Protocol):
    """One way to get records of many symbols.

    ``open`` and ``close`` only begin the work; how it goes is told by reports. A ticker that
    failed is over: whoever wants it again opens it under a new generation.
    """

    name: str
    capabilities: Capabilities
    policy: UsePolicy

    def open(self, symbol: str, generation: int) -> Coroutine[None, None, None]:
        """Begin to deliver a symbol."""
        ...

    def close(self, symbol: str, generation: int) -> Coroutine[None, None, None]:
        """End a symbol if it still has this generation; unknown ones are ignored."""
        ...

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        ...

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        ...
