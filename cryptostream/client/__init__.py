"""The client library: what a program imports to receive prices from a running daemon.

>>> from cryptostream.client import connect          # doctest: +SKIP
>>> with connect() as cs:                            # doctest: +SKIP
...     for tick in cs.stream("BTCUSDT", "ETHUSDT"):
...         print(tick.symbol, tick.last)

``cryptostream.client.aio.connect`` is the same for ``asyncio``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.client.blocking import Client, connect
    from cryptostream.records import Status, Tick, Trade
    from cryptostream.symbols import Listed
    from cryptostream.wire.effects import Accepted, Connected, Disconnected, Gap, Rejected

__all__ = [
    "Accepted",
    "Client",
    "Connected",
    "Disconnected",
    "Gap",
    "Listed",
    "Rejected",
    "Status",
    "Tick",
    "Trade",
    "connect",
]

_HOMES = {
    "cryptostream.client.blocking": ("Client", "connect"),
    "cryptostream.records": ("Status", "Tick", "Trade"),
    "cryptostream.symbols": ("Listed",),
    "cryptostream.wire.effects": ("Accepted", "Connected", "Disconnected", "Gap", "Rejected"),
}
_home = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a name when it is asked for: who wants a record needs no event loop and no ZeroMQ."""
    if name not in _home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_home[name]), name)
    return found
