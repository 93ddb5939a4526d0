"""Why a child failed, as a value that fits in one line and survives a pipe."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

# A reason is shown in one line of a table or a log; longer texts are in the traceback.
REASON_LIMIT = 2000
# Frames of a traceback that are kept: those nearest to the error.
_FRAMES = -20


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong: ``reason`` in one line, ``code`` and ``hint`` when the error had them."""

    reason: str
    child: str = ""  # the path of whoever failed, known once a supervisor heard of it
    code: str = ""
    retriable: bool = True
    hint: str = ""
    trace: str = ""  # of a task; that of a process is among the lines it printed


def one_line(text: str) -> str:
    """Return the text without line ends, cut to what fits in a log line."""
    line = " ".join(text.split())
    return line if len(line) <= REASON_LIMIT else line[: REASON_LIMIT - 1] + "…"


def describe(error: BaseException) -> Failure:
    """Return what an exception says about itself.

    Of a group the first leaf speaks: "unhandled errors in a TaskGroup" helps nobody.
    """
    if isinstance(error, BaseExceptionGroup):
        return describe(error.exceptions[0])
    code = getattr(error, "code", None)
    coded = isinstance(code, str) and code != ""
    text, name = str(error), type(error).__name__
    reason = text if coded and text else f"{name}: {text}" if text else name
    return Failure(
        reason=one_line(reason),
        code=code if isinstance(code, str) else "",
        retriable=bool(getattr(error, "retriable", True)),
        trace="".join(traceback.format_exception(error, limit=_FRAMES)),
        hint=one_line(str(getattr(error, "hint", "") or "")),
    )
