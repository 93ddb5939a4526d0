"""Adapter cards: the numbered cases that every source must pass, whoever wrote it.

A card drives a source through its public face alone and raises ``AssertionError`` with what
was wrong. An :class:`Adapter` says how a source is built and how its far side is broken; a
card that needs something that the adapter does not have is skipped (:class:`NotApplicable`).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.records import Tick, Trade
from cryptostream.sources.testing import RecordingOutlet
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import Feed, SourceKind

RUNNING = frozenset({PageState.LIVE, PageState.QUIET})
ENDED = frozenset({PageState.FAILED, PageState.CLOSED})
DOUBTED = frozenset({PageState.STALE, PageState.SUSPECT, *ENDED})


class NotApplicable(Exception):
    """The adapter has nothing that this card could be played with."""


Switch = tuple["Callable[[], Awaitable[None]]", "Callable[[], Awaitable[None]]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A source under test with its far side.

    ``symbols`` are two that it has, ``unknown`` one that it has not. ``lose`` breaks its
    connections once; ``mute``, ``refuse`` and ``down`` are pairs of what begins and what ends
    a far side that says nothing, that limits us for ``retry_after`` s, or that is not there.
    ``within`` is the target time (s) for anything to be noticed or to come back, ``grace`` how
    long the source may take to end.
    """

    kind: SourceKind
    config: Config
    symbols: tuple[str, str]
    unknown: str
    lose: Callable[[], Awaitable[None]] | None = None
    mute: Switch | None = None
    refuse: Switch | None = None
    down: Switch | None = None
    retry_after: float = 1.0
    within: float = 20.0
    grace: float = 3.0


@dataclass(slots=True)
class Table:
    """A source that runs, and everything that it has delivered."""

    adapter: Adapter
    source: Feed
    outlet: RecordingOutlet

    async def live(self, symbol: str, generation: int = 1) -> Tick:
        """Open a symbol; return its first tick once it is live."""
        await self.source.open(symbol, generation)
        await self.report(symbol, RUNNING)
        return next(tick for tick in self.outlet.of(Tick) if tick.symbol == symbol)

    async def report(self, symbol: str, states: frozenset[PageState]) -> Report:
        """Return the next report of a symbol in one of these states."""
        return await self.outlet.take(
            Report,
            lambda one: one.symbol == symbol and one.state in states,
            self.adapter.within,
        )

    async def tick(self, symbol: str) -> Tick:
        """Return the next tick of a symbol."""
        return await self.outlet.take(Tick, lambda one: one.symbol == symbol, self.adapter.within)

    def now(self, symbol: str) -> PageState | None:
        """Return the state that a beat would tell of a symbol."""
        found = [one.state for one in self.source.reports() if one.symbol == symbol]
        return found[0] if found else None


@contextlib.asynccontextmanager
async def table(adapter: Adapter) -> AsyncIterator[Table]:
    """Run the source until the card is played."""
    outlet = RecordingOutlet()
    if adapter.kind.load is None:
        raise NotApplicable("a source without a feed")
    build = await asyncio.to_thread(adapter.kind.load)
    source = build(adapter.config, outlet)
    running = asyncio.create_task(source.run())
    try:
        yield Table(adapter, source, outlet)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def src_010(adapter: Adapter) -> None:
    """``live`` only after a checked first value; ``loading`` until then."""
    symbol = adapter.symbols[0]
    async with table(adapter) as it:
        first = await it.live(symbol)
        states = [one.state for one in it.outlet.of(Report) if one.symbol == symbol]
        assert states[0] in {PageState.LOADING, *RUNNING}, states
        assert it.now(symbol) in RUNNING
        assert first.last > 0
        assert (first.symbol, first.source) == (symbol, adapter.kind.name)
        assert first.ts_observed > 0
        assert first.timeliness == adapter.kind.timeliness
        ahead = it.outlet.items[: it.outlet.items.index(first)]
        assert not [one for one in ahead if isinstance(one, Trade) and one.symbol != symbol]


async def src_020(adapter: Adapter) -> None:
    """An unknown symbol fails for good with its code; its neighbours go on."""
    symbol = adapter.symbols[0]
    async with table(adapter) as it:
        await it.live(symbol)
        await it.source.open(adapter.unknown, 2)
        failed = await it.report(adapter.unknown, ENDED)
        assert failed.code in {"unknown_symbol", "not_found"}, failed
        assert not failed.retriable
        assert it.now(adapter.unknown) not in RUNNING
        assert it.now(symbol) in RUNNING


async def src_030(adapter: Adapter) -> None:
    """Symbols are added and removed while it runs; two wishes for one ticker both get it."""
    symbol, other = adapter.symbols
    twin = f"{symbol}@{adapter.kind.name}"
    async with table(adapter) as it:
        await it.live(symbol, 1)
        await it.live(other, 2)
        assert (await it.live(twin, 3)).symbol == twin
        await it.source.close(symbol, 1)
        await it.source.close(other, 1)  # an old generation: changes nothing
        assert it.now(symbol) is None
        assert it.now(other) in RUNNING
        assert it.now(twin) in RUNNING
        seen = len(it.outlet.of(Tick, symbol))
        await it.live(symbol, 4)
        assert len(it.outlet.of(Tick, symbol)) > seen


async def src_040(adapter: Adapter) -> None:
    """A lost connection is told at once, comes back by itself, and so does the next one."""
    if adapter.lose is None:
        raise NotApplicable("it has no connection to lose")
    symbol = adapter.symbols[0]
    async with table(adapter) as it:
        await it.live(symbol)
        for _ in range(3):
            await adapter.lose()
            told = await it.report(symbol, DOUBTED)
            assert told.code not in {"", "ok"}
            assert told.text
            if told.state in ENDED:
                assert told.retriable
                await it.source.open(symbol, told.generation + 1)
            await it.report(symbol, RUNNING)
            assert it.now(symbol) in RUNNING


async def src_050(adapter: Adapter) -> None:
    """A far side that is connected and says nothing is found out, with a reason."""
    if adapter.mute is None:
        raise NotApplicable("it cannot be muted")
    symbol = adapter.symbols[0]
    begin, end = adapter.mute
    async with table(adapter) as it:
        await it.live(symbol)
        await begin()
        told = await it.report(symbol, DOUBTED)
        assert told.code not in {"", "ok"}
        assert told.text
        await end()
        if told.state in ENDED:
            await it.source.open(symbol, told.generation + 1)
        await it.report(symbol, RUNNING)


async def src_060(adapter: Adapter) -> None:
    """Refused for too many requests: said so, nothing shown as live, no sooner again than asked."""
    if adapter.refuse is None:
        raise NotApplicable("it is never refused")
    symbol = adapter.symbols[0]
    begin, end = adapter.refuse
    loop = asyncio.get_running_loop()
    async with table(adapter) as it:
        await begin()
        began = loop.time()
        await it.source.open(symbol, 1)
        told = await it.report(symbol, DOUBTED)
        assert told.code in {"rate_limited", "blocked"}, told
        assert it.now(symbol) not in RUNNING
        await end()
        if told.state in ENDED:
            assert told.retry_after is not None
            await asyncio.sleep(told.retry_after)
            await it.source.open(symbol, 2)
        await it.report(symbol, RUNNING)
        assert loop.time() - began >= adapter.retry_after


async def src_070(adapter: Adapter) -> None:
    """Told to stop it ends within its grace, and leaves no task and says nothing after."""
    symbol = adapter.symbols[0]
    before = asyncio.all_tasks()
    async with asyncio.timeout(adapter.within + adapter.grace), table(adapter) as it:
        await it.live(symbol)
        outlet = it.outlet
        leaving = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - leaving < adapter.grace
    said = len(outlet.items)
    # Tasks of a far side that runs in the same loop end when they see their connection end.
    new = asyncio.all_tasks() - before
    left = (await asyncio.wait(new, timeout=adapter.grace))[1] if new else set()
    assert not left, left
    assert len(outlet.items) == said


async def src_080(adapter: Adapter) -> None:
    """A far side that is not there is waited for, with the reason told."""
    if adapter.down is None:
        raise NotApplicable("its far side is always there")
    symbol = adapter.symbols[0]
    begin, end = adapter.down
    async with table(adapter) as it:
        await begin()
        await it.source.open(symbol, 1)
        told = await it.report(symbol, DOUBTED)
        assert told.code not in {"", "ok"}
        assert told.retriable
        await end()
        if told.state in ENDED:
            await it.source.open(symbol, 2)
        await it.report(symbol, RUNNING)


CARDS: dict[str, Callable[[Adapter], Awaitable[None]]] = {
    "SRC-010": src_010,
    "SRC-020": src_020,
    "SRC-030": src_030,
    "SRC-040": src_040,
    "SRC-050": src_050,
    "SRC-060": src_060,
    "SRC-070": src_070,
    "SRC-080": src_080,
}
