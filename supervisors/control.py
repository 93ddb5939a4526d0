"""The lines between a parent and its child process: one JSON object each, told apart by ``is``.

::

    parent -> child    begin (path, target, arguments, interval, parent)    stop (reason)
    child -> parent    ready    beat    report (facts)    error (a Failure)    bye

JSON and not pickle: a child that was taken over must not run code in its parent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supervisors.errors import BrokenControl
from supervisors.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bytes in one line. Reports are counters and states, not data; the bound keeps a confused child
# from filling the memory of its supervisor.
LINE_LIMIT = 256 * 1024


def encode(kind: str, **fields: object) -> bytes:
    """Return the line; BrokenControl when a field is no JSON value or the line is too long."""
    try:
        text = json.dumps({"is": kind, **fields}, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise BrokenControl(f"a {kind} line must hold JSON values: {error}") from error
    line = text.encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise BrokenControl(f"a {kind} line of {len(line)} bytes is over the limit {LINE_LIMIT}")
    return line


def decode(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return what the line is, and its fields."""
    try:
        message = json.loads(line)
    except ValueError as error:
        raise BrokenControl(f"not JSON: {line[:80]!r}") from error
    if not isinstance(message, dict) or not isinstance(message.get("is"), str):
        raise BrokenControl(f"not a message: {line[:80]!r}")
    return message.pop("is"), message


def encode_failure(failure: Failure) -> bytes:
    """Return the error line that carries the failure."""
    return encode(
        "error",
        reason=failure.reason,
        code=failure.code,
        retriable=failure.retriable,
        hint=failure.hint,
    )


def decode_failure(fields: Mapping[str, Any]) -> Failure:
    """Return the failure of an error line; whatever is missing has its default."""
    return Failure(
        reason=str(fields.get("reason", "unknown")),
        code=str(fields.get("code", "")),
        retriable=bool(fields.get("retriable", True)),
        hint=str(fields.get("hint", "")),
    )
