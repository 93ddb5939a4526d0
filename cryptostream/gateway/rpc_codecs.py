"""Bytes of Connect's messages: events that are encoded already are handed on as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cryptostream.gateway.rpc_messages import Prepared

if TYPE_CHECKING:
    from protobuf import Message

_Read = TypeVar("_Read", bound="Message[Any]")


class BinaryCodec:
    """Protocol Buffers."""

    def name(self) -> str:
        """Return the last part of the content type."""
        return "proto"

    def encode(self, message: Message[Any] | Prepared) -> bytes:
        """Return the bytes of a message."""
        return message.binary if isinstance(message, Prepared) else message.to_binary()

    def decode(self, data: bytes | bytearray, message_class: type[_Read]) -> _Read:
        """Return the message that bytes are; whatever they raise, Connect refuses the request."""
        return message_class.from_binary(data)


class JsonCodec:
    """JSON; a key that the schema does not know is refused, like anywhere else in the gateway."""

    def name(self) -> str:
        """Return the last part of the content type."""
        return "json"

    def encode(self, message: Message[Any] | Prepared) -> bytes:
        """Return the text of a message."""
        return message.json if isinstance(message, Prepared) else message.to_json().encode()

    def decode(self, data: bytes | bytearray, message_class: type[_Read]) -> _Read:
        """Return the message that a text is; whatever it raises, Connect refuses the request."""
        return message_class.from_json(data)
