"""Data messages: three frames, ``topic``, ``meta``, ``payload``, as values.

``meta`` is a MessagePack array ``[version, epoch, seq, count, ts_published, flags]``;
``payload`` a MessagePack array of ``count`` maps. Sequences count records, not messages.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cryptostream.errors import ProtocolError
from cryptostream.records import Record, Status, Tick, Trade
from cryptostream.wire.topics import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1

type_of_kind: dict[str, type[Record | Status]] = {"tick": Tick, "trade": Trade, "status": Status}


class Flag(enum.IntFlag):
    """Bits of the meta frame's last element."""

    HEARTBEAT = 1
    IMAGE = 2
    REPLAYED = 4
    SIMULATED = 8


class Meta(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The meta frame; ``seq`` is the first record's, in a heartbeat the topic's top."""

    version: int
    epoch: int
    seq: int
    count: int
    ts_published: int
    flags: int

    @property
    def top(self) -> int:
        """The sequence of the last record that this message accounts for."""
        return self.seq + self.count - 1 if self.count else self.seq


class Message(NamedTuple):
    """One data message, still packed."""

    topic: bytes
    meta: bytes
    payload: bytes


# RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
_UNREADABLE = (msgspec.MsgspecError, RecursionError)
EMPTY_PAYLOAD = b"\x90"  # MessagePack: an array of no elements

_encoder = msgspec.msgpack.Encoder()
encode_meta = _encoder.encode
_meta_decoder = msgspec.msgpack.Decoder(Meta)
_payload_decoders = {
    kind: msgspec.msgpack.Decoder(list[record])  # type: ignore[valid-type]
    for kind, record in type_of_kind.items()
}


def decode_meta(frame: bytes) -> Meta:
    """Return the meta frame as a value.

    Raises:
        ProtocolError: it is not the array of six integers that version 1 has.

    """
    try:
        meta = _meta_decoder.decode(frame)
    except _UNREADABLE as error:
        raise ProtocolError(f"meta frame: {error}") from error
    if meta.version != VERSION:
        raise ProtocolError(
            f"version {meta.version} of the data messages is not known here",
            code="bad_version",
            hint=f"this side speaks version {VERSION}: install matching versions",
        )
    if meta.seq < 0 or meta.count < 0:
        raise ProtocolError("meta frame: seq and count are never negative")
    return meta


def message_of(frames: object) -> Message:
    """Return three frames that came inside an answer as a message.

    Raises:
        ProtocolError: they are not three binaries.

    """
    if not isinstance(frames, list) or [type(frame) for frame in frames] != [bytes] * 3:
        raise ProtocolError("an image is an array of three binaries: topic, meta, payload")
    return Message._make(frames)


def messages_of(found: object) -> list[Message]:
    """Return the messages that came inside an answer.

    Raises:
        ProtocolError: this is no array of them.

    """
    if not isinstance(found, list):
        raise ProtocolError("messages inside an answer are an array of images")
    return [message_of(frames) for frames in found]


def encode_payload(records: Sequence[Record | Status]) -> bytes:
    """Return the payload frame for one or more records of one topic."""
    return _encoder.encode(records)


def decode_payload(topic: bytes, payload: bytes) -> list[Record | Status]:
    """Return the records of a payload frame.

    Raises:
        ProtocolError: the payload is not an array of the topic's records.

    """
    kind = kind_of(topic)
    decoder = _payload_decoders.get(kind)
    if decoder is None:
        raise ProtocolError(f"no records are defined for topics of kind {kind!r}")
    try:
        return decoder.decode(payload)
    except _UNREADABLE as error:
        raise ProtocolError(f"payload of {kind}: {error}") from error
