"""Everything that a client is told, in order: ticks, statuses, gaps, the connection itself.

    python async_gaps.py tcp://127.0.0.1:7700 tcp://127.0.0.1:7701 BTCUSDT

Kill the router process while it runs: the hole is told, and the stream goes on.
"""

from __future__ import annotations

import asyncio
import sys

from cryptostream.client import Disconnected, Gap, Status, Tick
from cryptostream.client.aio import connect


async def main(control: str, data: str, *tickers: str) -> None:
    """Follow the tickers for ever."""
    async with connect(control, data) as cs:
        await cs.connected()
        await cs.subscribe(*tickers)
        async for item in cs.events():
            match item:
                case Tick():
                    line = f"tick {item.symbol} {item.last} seq {item.seq}"
                case Status():
                    line = f"status {item.symbol} {item.phase} {item.data} {item.code}"
                case Gap():
                    line = f"gap {item.topic} from {item.first} to {item.last}: {item.reason}"
                case Disconnected():
                    line = f"disconnected: {item.reason}"
                case _:
                    continue
            print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
