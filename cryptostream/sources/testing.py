"""A stand-in for the worker: keeps what a source delivers, in its order, and waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cryptostream.records import Tick, TickText, Trade, TradeText
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 20.0

Item = Tick | Trade | Report
T = TypeVar("T", Tick, Trade, Report)


class RecordingOutlet:
    """An outlet. ``items`` is all that came; ``take`` reads on from where the last one stopped."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.flushes = 0
        self._at = 0
        self._arrived = asyncio.Event()

    def tick(self, record: Tick | TickText) -> None:
        """Keep a tick as a client would see it."""
        self._add(_seen(record, Tick))

    def trade(self, record: Trade | TradeText) -> None:
        """Keep a trade as a client would see it."""
        self._add(_seen(record, Trade))

    def report(self, report: Report) -> None:
        """Keep a report."""
        self._add(report)

    def hold(self) -> None:
        """Keep nothing back: a test sees everything at once."""

    def flush(self) -> None:
        """Count."""
        self.flushes += 1

    def _add(self, item: Item) -> None:
        self.items.append(item)
        self._arrived.set()

    async def take(
        self,
        kind: type[T],
        wanted: Callable[[T], bool] = lambda _: True,
        deadline: float = DEADLINE,
    ) -> T:
        """Return the next item of a kind that is wanted; what comes before it is passed over."""
        try:
            async with asyncio.timeout(deadline):
                while True:
                    while self._at < len(self.items):
                        item = self.items[self._at]
                        self._at += 1
                        if isinstance(item, kind) and wanted(item):
                            return item
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError as error:
            shown = "\n".join(map(str, self.items[-20:]))
            raise AssertionError(f"no such {kind.__name__} came; the last were\n{shown}") from error

    async def state(self, state: PageState, code: str | None = None, symbol: str = "") -> Report:
        """Return the next report of a state."""
        return await self.take(
            Report,
            lambda report: (
                report.state is state
                and code in (None, report.code)
                and symbol in ("", report.symbol)
            ),
        )

    def of(self, kind: type[T], symbol: str = "") -> list[T]:
        """Return all items of a kind, or those of one symbol."""
        return [
            item for item in self.items if isinstance(item, kind) and symbol in ("", item.symbol)
        ]


def _seen(record: Tick | Trade | TickText | TradeText, kind: type[T]) -> T:
    """Return what the record is after its way over the wire."""
    if isinstance(record, kind):
        return record
    return msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=kind)
