"""Logging: one line per event, as text for people or JSON for programs.

Each process configures its own logger and writes to its own standard error. Nothing is shared
between processes and nothing is queued: a child that is killed while it holds the lock of a
shared queue would hang logging in its parent for good. Prices are never logged one by one.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from loguru import logger

from cryptostream.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

    from loguru import Message, Record

    Render = Callable[[Record], str]

# One line per HTTP request is of no use to whoever reads the log of a market-data daemon.
_CHATTY = ("aiohttp.access",)


def configure(
    level: str = "INFO",
    style: Literal["text", "json"] = "text",
    sink: TextIO | Path | None = None,
    *,
    process: str = "main",
) -> None:
    """Send every log line of this process to ``sink`` (standard error unless given).

    ``process`` is the name that the lines carry. What libraries log through the standard library
    goes the same way. Calling it again replaces what was configured before.
    """
    logger.remove()
    logger.enable("cryptostream")
    logger.configure(extra={"process": process})
    render = as_json if style == "json" else as_text
    _present.sink = LineSink(sink or sys.stderr, render)
    logger.add(_present.sink, level=level, format="{message}")
    _route_standard_logging(logger.level(level).no)


def as_json(record: Record) -> str:
    """Return the record as one JSON object; further fields are those bound to the logger."""
    extra = dict(record["extra"])
    fields = {
        "ts": _utc(record),
        "level": record["level"].name,
        "event": extra.pop("event", record["name"]),
        "message": record["message"],
        "process": extra.pop("process", ""),
        "pid": record["process"].id,
    }
    # A bound field may not disguise itself as one of ours.
    fields |= {f"{key}_" if key in fields else key: value for key, value in extra.items()}
    error = _error_text(record)
    if error:
        fields["error"] = error
    return json.dumps(fields, default=str, ensure_ascii=False)


def as_text(record: Record) -> str:
    """Return the record as one line for people, followed by its traceback if it has one."""
    extra = dict(record["extra"])
    process = extra.pop("process", "")
    head = f"{_utc(record)} {record['level'].name:<8} {process}: {record['message']}"
    fields = "".join(f" {key}={_escaped(value)}" for key, value in extra.items())
    error = _error_text(record)
    return _escaped(head) + fields + (f"\n{error}" if error else "")


class LineSink:
    """Writes each record as a line; closes only what it opened itself."""

    def __init__(self, target: TextIO | Path, render: Render) -> None:
        self._render = render
        self._owned = _open(target) if isinstance(target, Path) else None
        self._stream: TextIO = self._owned or target  # type: ignore[assignment]

    def write(self, message: Message) -> None:
        """Write one record; a line is flushed at once, because it may be the last."""
        self.pass_on(self._render(message.record))

    def pass_on(self, line: str) -> None:
        """Write one finished line."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def stop(self) -> None:
        """Close the file; called when the logger drops this sink."""
        if self._owned is not None:
            self._owned.close()


class _Present:
    """The sink that was configured last."""

    sink: LineSink | None = None


_present = _Present()


def pass_on(line: str) -> None:
    """Write a line that another process has formatted already to where our own lines go."""
    if _present.sink is not None:
        _present.sink.pass_on(line)


class InterceptHandler(logging.Handler):
    """Hands what libraries log through the standard library to our logger."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record under its own name, at its own level."""
        logger.patch(lambda ours: ours.update({"name": record.name})).opt(
            exception=record.exc_info
        ).log(_level_of(record), record.getMessage())


def _open(file: Path) -> TextIO:
    try:
        return file.open("a", encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"cannot write the log file {file}: {error.strerror}",
            hint="set logs.file to a file in a directory that exists, or leave it empty",
        ) from error


def _route_standard_logging(level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not _is_ours(handler)]
    root.addHandler(InterceptHandler())
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler, InterceptHandler)


def _level_of(record: logging.LogRecord) -> str | int:
    known = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
    return record.levelname if record.levelname in known else record.levelno


def _utc(record: Record) -> str:
    stamp = record["time"].astimezone(UTC)
    return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error_text(record: Record) -> str:
    error = record["exception"]
    if error is None or error.value is None:
        return ""
    return "".join(traceback.format_exception(error.type, error.value, error.traceback)).rstrip()


def _escaped(value: object) -> str:
    # What a page or a client sent must not be able to forge a second line.
    return str(value).replace("\r", "\\r").replace("\n", "\\n")
