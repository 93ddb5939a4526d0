"""Records as text and as JSON: what `watch`, `tail` and `history` print."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cryptostream.records import Record, Status, Tick, Trade
from cryptostream.wire.effects import Connected, Disconnected, Gap

if TYPE_CHECKING:
    from cryptostream.client.inbox import Item


# What befalls the stream itself; a program that reads it has to know.
Interruption = Gap | Connected | Disconnected


def as_fields(item: Record | Status | Interruption) -> dict[str, Any]:
    """Return every field of an item; what the source does not have is ``None``."""
    fields: dict[str, Any] = {"type": type(item).__name__.lower()}
    if isinstance(item, Interruption):
        return fields | dataclasses.asdict(item)
    for name in item.__struct_fields__:
        value = getattr(item, name)
        if isinstance(value, msgspec.Struct):
            value = msgspec.to_builtins(value)
        fields[name] = str(value) if isinstance(value, Decimal) else value
    return fields


def as_json(item: Record | Status | Interruption) -> str:
    """Return an item as one line of JSON; prices are decimal strings."""
    return json.dumps(as_fields(item), default=str)


def tick_line(tick: Tick) -> str:
    """Return a tick as one line for a person who reads a file."""
    parts = [f"{tick.symbol} {tick.last}"]
    if tick.bid is not None and tick.ask is not None:
        parts.append(f"bid {tick.bid} ask {tick.ask}")
    if tick.change_percent is not None:
        parts.append(f"{tick.change_percent:+}%")
    parts.append(f"{tick.source}/{tick.method} seq {tick.seq}")
    parts += labels(tick)
    if tick.image:
        parts.append("image")
    return "  ".join(parts)


def labels(record: Record) -> list[str]:
    """Return what a price is not: of this exchange, in this currency, real-time, real."""
    found = [f"{record.venue}'s price"] if record.venue is not None else []
    found += [f"in {record.currency}"] if record.currency is not None else []
    found += [record.timeliness] if record.timeliness != "real_time" else []
    return [*found, "SIMULATED"] if record.simulated else found


def trade_line(trade: Trade) -> str:
    """Return a trade as one line."""
    side = trade.side or "?"
    what = f"{trade.symbol} {side} {trade.quantity} at {trade.price} seq {trade.seq}"
    return "  ".join([what, *labels(trade)])


def status_line(status: Status) -> str:
    """Return a status as one line: what, why, and when it is tried again."""
    wait = ""
    if status.ts_next is not None:
        wait = f"; next attempt in {max(0.0, (status.ts_next - status.ts) / 1e9):.1f} s"
    return f"{status.symbol} {status.phase} ({status.code}): {status.text}{_basis(status)}{wait}"


def _basis(status: Status) -> str:
    """Return how far apart the prices of two sources were when one followed the other."""
    switch = status.switch
    if switch is None or switch.basis is None:
        return ""
    return f"; its price is {switch.basis:+} ({switch.basis_bp:+} bp) from the former one's"


def gap_line(gap: Gap) -> str:
    """Return a gap as one line."""
    span = "an unknown number of" if gap.last is None or gap.first is None else None
    count = span or str((gap.last or 0) - (gap.first or 0) + 1)
    return f"{gap.topic} gap: {count} records are missing ({gap.reason})"


def line_of(item: Item) -> str:
    """Return anything that a client may receive as one line, ``""`` when it needs none."""
    match item:
        case Tick():
            return tick_line(item)
        case Trade():
            return trade_line(item)
        case Status():
            return status_line(item)
        case Gap():
            return gap_line(item)
        case Connected():
            return "connected"
        case Disconnected():
            return f"disconnected: {item.reason}; connecting again"
        case _:
            return ""


def answer_json(answer: object) -> str:
    """Return a daemon's answer as indented JSON."""
    return json.dumps(msgspec.to_builtins(answer), indent=2, default=str)
