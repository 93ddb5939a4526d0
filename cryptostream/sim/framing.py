"""The framing of the quote socket: ``~m~<length>~m~<payload>``, several in one message.

The length counts UTF-16 units, as a script's ``.length`` does, not characters or bytes.
"""

from __future__ import annotations

import json
from decimal import Decimal

from cryptostream.errors import ProtocolError

_MARK = "~m~"
_HEARTBEAT = "~h~"
# A page's own messages are small; nobody may make us hold more.
MAX_PAYLOAD_UNITS = 1_000_000
_LONGEST_LENGTH = 7  # digits of MAX_PAYLOAD_UNITS


def utf16_units(text: str) -> int:
    """Return the length of the text as a script counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def frame(payload: str) -> str:
    """Return the payload with its length in front."""
    return f"{_MARK}{utf16_units(payload)}{_MARK}{payload}"


def unframe(message: str) -> list[str]:
    """Return the payloads of one websocket message.

    Raises:
        ProtocolError: a mark or a length is wrong, or a payload is cut short.

    """
    payloads = []
    # In UTF-16 two bytes are one unit, so that a length is a plain slice.
    rest = message.encode("utf-16-le", "surrogatepass")
    while rest:
        head = rest[: 2 * (2 * len(_MARK) + _LONGEST_LENGTH)].decode("utf-16-le", "replace")
        start, _, tail = head.partition(_MARK)
        digits, mark, _ = tail.partition(_MARK)
        if start or not mark or not (digits.isascii() and digits.isdigit()):
            raise ProtocolError("a frame does not begin with ~m~<length>~m~")
        begin = 2 * (2 * len(_MARK) + len(digits))
        end = begin + 2 * int(digits)
        if int(digits) > MAX_PAYLOAD_UNITS or end > len(rest):
            raise ProtocolError("a frame is longer than its message or the limit")
        payloads.append(rest[begin:end].decode("utf-16-le", "surrogatepass"))
        rest = rest[end:]
    return payloads


def heartbeat(number: int) -> str:
    """Return the payload of a heartbeat."""
    return f"{_HEARTBEAT}{number}"


def heartbeat_number(payload: str) -> int | None:
    """Return the number of a heartbeat payload, None for anything else."""
    digits = payload.removeprefix(_HEARTBEAT)
    if payload.startswith(_HEARTBEAT) and digits.isascii() and digits.isdigit():
        return int(digits)
    return None


def exact_json(value: object) -> str:
    """Return JSON in which a Decimal is a number with exactly its own digits."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        inner = ",".join(f"{json.dumps(k)}:{exact_json(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(exact_json, value)) + "]"
    return json.dumps(value)
