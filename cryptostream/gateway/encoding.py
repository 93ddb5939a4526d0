"""Values to bytes, in the two forms that viewers may choose.

A record is encoded alone and spliced into batches: a batch is the bytes of its records between
a head and a tail, so that five hundred viewers cost one encoding.
"""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptostream.records import Record, Status

JSON_SUBPROTOCOL = "cryptostream.json.v1"
MSGPACK_SUBPROTOCOL = "cryptostream.msgpack.v1"


class Codec(enum.Enum):
    """The form of messages."""

    JSON = JSON_SUBPROTOCOL
    MSGPACK = MSGPACK_SUBPROTOCOL

    # Members are single objects; Enum's own hash computes one from the name at every look-up.
    __hash__ = object.__hash__


_json = msgspec.json.Encoder()
_pack = msgspec.msgpack.Encoder()
# MessagePack: first byte of a map of up to 15 keys, and the two longer forms.
_FIXMAP, _FIXMAP_MOST, _MAP16 = 0x80, 15, 0xDE
_FIXARRAY, _FIXARRAY_MOST, _ARRAY16, _ARRAY32 = 0x90, 15, 0xDC, 0xDD
_MOST_16 = 0xFFFF


def encode_message(codec: Codec, fields: dict[str, Any]) -> bytes:
    """Return a whole message."""
    return _json.encode(fields) if codec is Codec.JSON else _pack.encode(fields)


def encode_record(
    codec: Codec, kind: str, record: Record | Status, conflated: int = 0, first: int = 0
) -> bytes:
    """Return a record with its kind and what it stands for, as one element of a batch."""
    extra: dict[str, Any] = {"k": kind}
    if conflated:
        extra["conflated"] = conflated
        extra["first"] = first
    if codec is Codec.JSON:
        # An object of our own always has keys, so the two join with a comma.
        return _json.encode(extra)[:-1] + b"," + _json.encode(record)[1:]
    return _joined_maps(_pack.encode(extra), _pack.encode(record))


def _joined_maps(one: bytes, other: bytes) -> bytes:
    keys, start = _map_head(one)
    more, second = _map_head(other)
    keys += more
    head = bytes([_FIXMAP | keys]) if keys <= _FIXMAP_MOST else struct.pack(">BH", _MAP16, keys)
    return head + one[start:] + other[second:]


def _map_head(packed: bytes) -> tuple[int, int]:
    """Return (keys, where they begin) of a packed map of at most 65,535 keys."""
    if packed[0] == _MAP16:
        return int.from_bytes(packed[1:3], "big"), 3
    return packed[0] & _FIXMAP_MOST, 1


def encode_batch(codec: Codec, records: Sequence[bytes], ts: int) -> bytes:
    """Return a batch of records that are encoded already; ``ts`` is now (ns)."""
    if codec is Codec.JSON:
        return b'{"t":"batch","ts":%d,"records":[%b]}' % (ts, b",".join(records))
    head = b"\x83\xa1t\xa5batch\xa2ts" + _pack.encode(ts) + b"\xa7records"
    return b"".join((head, _array_head(len(records)), *records))


def _array_head(count: int) -> bytes:
    if count <= _FIXARRAY_MOST:
        return bytes([_FIXARRAY | count])
    if count <= _MOST_16:
        return struct.pack(">BH", _ARRAY16, count)
    return struct.pack(">BI", _ARRAY32, count)
