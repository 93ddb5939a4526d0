"""What the gateway tells a viewer, in the typed form of ``proto/cryptostream/v1/prices.proto``.

Fields have the names of the keys in ``docs/http.md``: a message is its map, field by field. A key
that the schema does not know is left out, as a receiver of the WebSocket leaves it out.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from protobuf import Oneof

from cryptostream.errors import ProtocolError
from cryptostream.v1 import prices_pb as pb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protobuf import Message

    Fields = Mapping[str, Any]

_Built = TypeVar("_Built", bound="Message[Any]")

_EVENTS: dict[str, type[Message[Any]]] = {
    "results": pb.Results,
    "removed": pb.Removed,
    "gap": pb.Gap,
    "upstream": pb.Upstream,
    "warning": pb.Warning,
    "heartbeat": pb.Heartbeat,
}
_RECORDS: dict[str, type[Message[Any]]] = {
    "tick": pb.Tick,
    "trade": pb.Trade,
    "status": pb.Status,
}
# Viewers of the same tickers get the same bytes at the same moment: few are in use at once.
_REMEMBERED = 16
_decode = msgspec.msgpack.Decoder().decode


class Prepared:
    """One event of a stream, encoded at most once for each form, however many get it."""

    def __init__(self, event: pb.StreamPricesResponse) -> None:
        self.event = event

    @cached_property
    def binary(self) -> bytes:
        """The event as Protocol Buffers."""
        return self.event.to_binary()

    @cached_property
    def json(self) -> bytes:
        """The event as JSON."""
        return self.event.to_json().encode()


@lru_cache(maxsize=_REMEMBERED)
def prepared(message: bytes) -> Prepared:
    """Return a message of the gateway in MessagePack as an event of the stream.

    Raises:
        ProtocolError: the schema has no event for it.

    """
    return Prepared(event_of(_decode(message)))


def event_of(fields: Fields) -> pb.StreamPricesResponse:
    """Return a message of the gateway as an event of the stream.

    Raises:
        ProtocolError: the schema has no event for it.

    """
    name = str(fields.get("t"))
    if name == "batch":
        batch = pb.Batch(ts=fields["ts"], records=records_of(fields["records"]))
        event: Any = Oneof("batch", batch)
        return pb.StreamPricesResponse(event=event)
    kind = _EVENTS.get(name)
    if kind is None:
        raise ProtocolError(f"prices.proto has no event {name!r:.40}")
    event = Oneof(name, _built(kind, fields))
    return pb.StreamPricesResponse(event=event)


def records_of(records: list[dict[str, Any]]) -> list[pb.Record]:
    """Return records that have their kind as ``k``."""
    found: list[pb.Record] = []
    for fields in records:
        kind = fields["k"]
        record: Any = Oneof(kind, _built(_RECORDS[kind], fields))
        found.append(pb.Record(kind=record))
    return found


def instrument_of(fields: Fields) -> pb.Instrument:
    """Return an instrument that a search found."""
    return _built(pb.Instrument, fields)


def error_info(fields: Fields) -> pb.ErrorInfo:
    """Return an error as it travels."""
    return _built(pb.ErrorInfo, fields)


def _built(kind: type[_Built], fields: Fields) -> _Built:
    names = kind.__slots__
    return kind(**{name: _value(name, fields[name]) for name in fields if name in names})


def _value(name: str, value: Any) -> Any:  # noqa: ANN401
    """Return the value of a field; those that are messages themselves are known by their names."""
    if name == "error":
        return _built(pb.ErrorInfo, value)
    if name == "switch":
        return _built(pb.Switch, value)
    if name == "results":
        return [_built(pb.TickerResult, one) for one in value]
    return value
