"""cryptofeed on the same exchange: bare callbacks, or its own ZMQ backend.

``python -m bench.peer_cryptofeed <port> <symbols> <counter file> callback|zmq <zmq port>``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop
from cryptofeed import FeedHandler
from cryptofeed.backends.zmq import TickerZMQ, TradeZMQ
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import TICKER, TRADES
from cryptofeed.exchanges import Binance

from bench.counter import Counter


def replica(port: str) -> type[Any]:
    """Return its Binance client at our address."""

    class Replica(Binance):  # type: ignore[misc]
        websocket_endpoints = (WebsocketEndpoint(f"wss://127.0.0.1:{port}"),)
        rest_endpoints = (
            RestEndpoint(f"http://127.0.0.1:{port}", routes=Routes("/api/v3/exchangeInfo")),
        )

        def connect(self) -> Any:  # noqa: ANN401
            """Connect without TLS, which the library refuses to be told in the address."""
            found = super().connect()
            for connection, *_ in found:
                connection.address = connection.address.replace("wss://", "ws://")
            return found

    return Replica


class Callback:
    """Counts what a program of its user would get."""

    def __init__(self, counter: str) -> None:
        self._counter = Counter(counter)
        self._count = 0

    async def __call__(self, _record: object, _received: float) -> None:
        """Take a record."""
        self._count += 1
        self._counter.set(self._count)


def main(port: str, symbols: str, counter: str, way: str, zmq_port: str = "0") -> None:
    """Run until killed."""
    callbacks: dict[str, Any]
    if way == "zmq":
        place = {"host": "127.0.0.1", "port": int(zmq_port)}
        callbacks = {TRADES: TradeZMQ(**place), TICKER: TickerZMQ(**place)}
    else:
        callback = Callback(counter)
        callbacks = {TRADES: callback, TICKER: callback}
    wanted = [f"S{number:04}-USDT" for number in range(int(symbols))]
    handler = FeedHandler(config={"log": {"disabled": True}, "uvloop": False})
    handler.add_feed(replica(port)(symbols=wanted, channels=list(callbacks), callbacks=callbacks))
    # The library asks for a loop that is there already.
    asyncio.set_event_loop(uvloop.new_event_loop())
    handler.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
