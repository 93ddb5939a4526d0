"""ccxt.pro on the same exchange: the watch loops of its documentation.

``python -m bench.peer_ccxt <port> <symbols> <counter file>``.
"""

from __future__ import annotations

import asyncio
import sys

import ccxt.pro

from bench.counter import Counter


class Counted(ccxt.pro.binance):  # type: ignore[misc]
    """Counts what it has handled: its loops get only what is newest when they look."""

    counter: Counter
    handled = 0

    def handle_message(self, client: object, message: object) -> None:
        """Take a message."""
        super().handle_message(client, message)
        self.handled += 1
        self.counter.set(self.handled)


async def main(port: str, symbols: str, counter: str) -> None:
    """Watch until killed."""
    wanted = [f"S{number:04}/USDT" for number in range(int(symbols))]
    exchange = Counted({"options": {"fetchMarkets": {"types": ["spot"]}}, "newUpdates": True})
    exchange.counter = Counter(counter)
    exchange.urls["api"]["public"] = f"http://127.0.0.1:{port}/api/v3"
    exchange.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{port}/ws"

    async def trades() -> None:
        while True:
            await exchange.watch_trades_for_symbols(wanted)

    async def books() -> None:
        while True:
            await exchange.watch_bids_asks(wanted)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(trades())
            tasks.create_task(books())
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
