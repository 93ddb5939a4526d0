"""Topics: the first frame of every data message.

A topic is UTF-8 and ends with a slash, so that the prefix match of ZeroMQ never takes
``BTCUSDT`` for ``BTCUSD``.
"""

from __future__ import annotations

SYS_HEARTBEAT = b"sys/heartbeat/"
TICK = "tick"
TRADE = "trade"
STATUS = "status"

# What a subscription to a ticker listens to; how far a value can be trusted is said before it.
KINDS = (STATUS, TICK, TRADE)


def topic(kind: str, symbol: str) -> bytes:
    """Return the topic of one kind of record of one symbol."""
    return f"{kind}/{symbol}/".encode()


def kind_of(name: bytes) -> str:
    """Return the kind of records on a topic: ``tick``, ``trade``, ``status``, ``sys`` …."""
    return name.partition(b"/")[0].decode("utf-8", "replace")


def symbol_of(name: bytes) -> str:
    """Return the symbol that a topic names, ``""`` when it names none."""
    parts = name.decode("utf-8", "replace").split("/")
    # kind / [interval /] symbol / ""; topics of the system itself name no symbol
    least = 3
    return parts[-2] if len(parts) >= least and parts[0] != "sys" else ""
