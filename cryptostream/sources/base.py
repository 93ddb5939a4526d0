"""The interface of every source: what it is, where it delivers, how it is run.

A source is described by a :class:`SourceKind`, found by its name in the entry-point group
``cryptostream.sources``, and built once a process.
"""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from cryptostream.config.settings import Config
    from cryptostream.records import Tick, TickText, Trade, TradeText
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


class Timeliness(enum.StrEnum):
    """How old a source's values are when they reach us, as its provider promises it."""

    REAL_TIME = "real_time"
    DELAYED = "delayed"
    SNAPSHOT = "snapshot"  # a value as of some moment, asked for again and again


class Outlet(Protocol):
    """Where a source delivers; every method returns at once."""

    def tick(self, record: Tick | TickText) -> None:
        """Publish a tick."""
        ...

    def trade(self, record: Trade | TradeText) -> None:
        """Publish a trade."""
        ...

    def report(self, report: Report) -> None:
        """Say that a ticker's state has changed, in order with its records."""
        ...

    def hold(self) -> None:
        """Keep what is delivered until :meth:`flush`, which the caller is bound to call."""
        ...

    def flush(self) -> None:
        """Send now what was delivered in this pass of the loop, not at its end."""
        ...


class Source(Protocol):
    """One way to get records of many symbols.

    ``open`` and ``close`` only begin the work; how it goes is told by reports. A ticker that
    failed is over: whoever wants it again opens it under a new generation.
    """

    @property
    def name(self) -> str:
        """The name that records and settings call it by."""
        ...

    def open(self, symbol: str, generation: int) -> Coroutine[None, None, None]:
        """Begin to deliver a symbol, in place of an older generation of it."""
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


class Feed(Source, Protocol):
    """A source that lives in the feeds process: connections instead of pages."""

    def run(self) -> Coroutine[None, None, None]:
        """Hold the connections until cancelled, and close all of them then.

        An exception means that the source is not sound: it is built anew. What a far side
        does is no exception: it is told by reports.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """What a source is, before anything is built or loaded.

    ``venue`` names the exchange that the source's prices of a symbol come from (``None``: it
    does not have the symbol); where that is not the symbol's own exchange, its records say so.
    ``load`` imports what the source needs and returns what builds it; it is called off the
    event loop, because importing reads files. ``None`` for the source that has browsers.
    ``opening`` is how many symbols may be opened at the same time.
    """

    name: str
    summary: str
    capabilities: Capabilities
    policy: UsePolicy
    timeliness: Timeliness
    venue: Callable[[str, Config], str | None]
    load: Callable[[], Callable[[Config, Outlet], Feed]] | None
    opening: int = 1000

    def facts(self) -> dict[str, object]:
        """Return what is told of the source in answers: terms, timeliness, capabilities."""
        return {
            "summary": self.summary,
            "timeliness": str(self.timeliness),
            **asdict(self.capabilities),
            **asdict(self.policy),
        }
