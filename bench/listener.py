"""A consumer in a process of its own: the client library as any program uses it.

``python -m bench.listener <control> <data>``, asked through :mod:`bench.helper`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from bench.helper import serve
from cryptostream.client.aio import AsyncClient, connect
from cryptostream.records import Status, Tick
from cryptostream.wire.effects import Disconnected, Gap

# (symbol, price, received, observed, published): times in ns
Heard = tuple[str, str, int, int, int]


class Listener:
    """Notes when what reached the program."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._ticks: list[Heard] = []
        self._notes: list[tuple[str, str, int]] = []
        self._news = asyncio.Event()
        self._newest: dict[str, Heard] = {}

    async def listen(self) -> None:
        """Note everything as it comes."""
        async for item in self._client.events():
            now = time.time_ns()
            if isinstance(item, Tick):
                if not item.image:
                    self._note(item, now)
            elif isinstance(item, Status):
                if not item.image:
                    self._notes.append((f"status {item.phase} {item.code}", item.symbol, now))
            elif isinstance(item, Gap):
                self._notes.append((f"gap {item.reason}", item.symbol, now))
            elif isinstance(item, Disconnected):
                self._notes.append(("disconnected", "", now))

    def _note(self, tick: Tick, now: int) -> None:
        heard = (tick.symbol, str(tick.last), now, tick.ts_observed, tick.ts_published)
        self._ticks.append(heard)
        self._newest[tick.symbol] = heard
        self._news.set()

    async def subscribe(self, tickers: list[str]) -> dict[str, str]:
        """Follow tickers."""
        return await self._client.subscribe(*tickers)

    async def unsubscribe(self, tickers: list[str]) -> None:
        """Follow tickers no more."""
        self._client.unsubscribe(*tickers)

    async def take(self) -> list[Heard]:
        """Return the ticks since the last time."""
        taken, self._ticks = self._ticks, []
        return taken

    async def notes(self) -> list[tuple[str, str, int]]:
        """Return gaps, statuses and disconnections since the last time."""
        taken, self._notes = self._notes, []
        return taken

    async def fresh(self, tickers: list[str], after: int, within: float) -> int:
        """Wait until each ticker has a price seen in its page after that time (ns).

        Returns the time at which the last of them was there.
        """
        async with asyncio.timeout(within):
            while True:
                newest = [self._newest.get(ticker) for ticker in tickers]
                fresh = [heard for heard in newest if heard is not None and heard[3] > after]
                if len(fresh) == len(tickers):
                    return max(heard[2] for heard in fresh)
                self._news.clear()
                await self._news.wait()

    async def idle(self, within: float) -> None:
        """Wait until the daemon has no page open."""
        async with asyncio.timeout(within):
            # The daemon tells no client when a page is closed: its counters are asked.
            while any(worker.get("pages") for worker in await self._workers()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _workers(self) -> list[dict[str, Any]]:
        answer = await self._client.daemon_status()
        return list(answer["workers"])


async def main(control: str, data: str) -> None:
    """Listen until stdin ends."""
    async with connect(control, data, inbox=200_000) as client:
        await client.connected(15.0)
        listener = Listener(client)
        task = asyncio.create_task(listener.listen())
        names = ("subscribe", "unsubscribe", "take", "notes", "fresh", "idle")
        try:
            await serve({name: getattr(listener, name) for name in names})
        finally:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
