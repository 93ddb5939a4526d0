"""ccxt.pro on the same exchange: the watch loops of its documentation.

``python -m bench.peer_ccxt <port> <symbols> <counter file>``.
"""

from __future__ import annotations

import asyncio
import sys

import ccxt.pro

from bench.counter import Counter


async def main(port: str, symbols: str, counter: str) -> None:
    """Watch until killed."""
    count = Counter(counter)
    wanted = [f"S{number:04}/USDT" for number in range(int(symbols))]
    exchange = ccxt.pro.binance(
        {"options": {"fetchMarkets": {"types": ["spot"]}}, "newUpdates": True}
    )
    exchange.urls["api"]["public"] = f"http://127.0.0.1:{port}/api/v3"
    exchange.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{port}/ws"
    seen = 0

    async def trades() -> None:
        nonlocal seen
        while True:
            seen += len(await exchange.watch_trades_for_symbols(wanted))
            count.set(seen)

    async def books() -> None:
        nonlocal seen
        while True:
            seen += len(await exchange.watch_bids_asks(wanted))
            count.set(seen)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(trades())
            tasks.create_task(books())
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
