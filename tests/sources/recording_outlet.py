"""An outlet that keeps what a source delivers, in its order, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from cryptostream.records import Tick, Trade
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 20.0

Item = Tick | Trade | Report
T = TypeVar("T", Tick, Trade, Report)


class RecordingOutlet:
    """``items`` is all that came; ``take`` reads on from where the last ``take`` stopped."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.flushes = 0
        self._at = 0
        self._arrived = asyncio.Event()

    def tick(self, record: Tick) -> None:
        self._add(record)

    def trade(self, record: Trade) -> None:
        self._add(record)

    def report(self, report: Report) -> None:
        self._add(report)

    def flush(self) -> None:
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
