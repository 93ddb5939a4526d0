"""The client library: what a program imports to receive prices from a running daemon.

>>> from cryptostream.client import connect          # doctest: +SKIP
>>> with connect() as cs:                            # doctest: +SKIP
...     for tick in cs.stream("BTCUSDT", "ETHUSDT"):
...         print(tick.symbol, tick.last)

``cryptostream.client.aio.connect`` is the same for ``asyncio``.
"""

from cryptostream.client.blocking import Client, connect
from cryptostream.records import Status, Tick, Trade
from cryptostream.wire.effects import Accepted, Connected, Disconnected, Gap, Rejected

__all__ = [
    "Accepted",
    "Client",
    "Connected",
    "Disconnected",
    "Gap",
    "Rejected",
    "Status",
    "Tick",
    "Trade",
    "connect",
]
