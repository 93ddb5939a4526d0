"""What goes to viewers, encoded once however many of them get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.gateway.encoding import Codec, encode_message, encode_record

if TYPE_CHECKING:
    from typing import Any

    from cryptostream.records import Record, Status


class Piece:
    """One record on its way to viewers, encoded at most once for each codec.

    ``conflated`` is how many earlier ticks are merged into it and ``first`` the sequence of the
    first of them.
    """

    __slots__ = ("_encoded", "conflated", "first", "kind", "record", "seq")

    def __init__(
        self, kind: str, record: Record | Status, conflated: int = 0, first: int = 0
    ) -> None:
        self.kind = kind
        self.record = record
        self.seq = record.seq
        self.conflated = conflated
        self.first = first
        self._encoded: dict[Codec, bytes] = {}

    def encoded(self, codec: Codec) -> bytes:
        """Return the record as one element of a batch."""
        found = self._encoded.get(codec)
        if found is None:
            found = encode_record(codec, self.kind, self.record, self.conflated, self.first)
            self._encoded[codec] = found
        return found


class Note:
    """A message of its own, as :class:`Piece` is a record: encoded at most once for each codec."""

    __slots__ = ("_encoded", "fields")

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self._encoded: dict[Codec, bytes] = {}

    def encoded(self, codec: Codec) -> bytes:
        """Return the whole message."""
        found = self._encoded.get(codec)
        if found is None:
            found = self._encoded[codec] = encode_message(codec, self.fields)
        return found
