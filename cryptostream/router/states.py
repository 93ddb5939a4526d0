"""From what a worker reports to the status that clients read: a table and its theory.

Stream ``open`` means that more will come without the client doing anything; data ``ok``
means that the value held can be trusted now. A stale price stays visible as ``suspect``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.records import DataState, Phase, Status, StreamState
from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from cryptostream.wire.hop import Report

_OPEN, _RECOVER, _CLOSED = StreamState.OPEN, StreamState.CLOSED_RECOVER, StreamState.CLOSED
_OK, _SUSPECT = DataState.OK, DataState.SUSPECT

AXES: dict[Phase, tuple[StreamState, DataState]] = {
    Phase.PENDING: (_OPEN, _SUSPECT),
    Phase.LOADING: (_OPEN, _SUSPECT),
    Phase.LIVE: (_OPEN, _OK),
    Phase.QUIET: (_OPEN, _OK),
    Phase.STALE: (_OPEN, _SUSPECT),
    Phase.RETRYING: (_OPEN, _SUSPECT),
    Phase.FAILED: (_RECOVER, _SUSPECT),
    Phase.INVALID: (_CLOSED, _SUSPECT),
    Phase.CLOSED: (_CLOSED, _SUSPECT),
}

PHASE_OF: dict[PageState, Phase] = {
    PageState.LOADING: Phase.LOADING,
    PageState.LIVE: Phase.LIVE,
    PageState.QUIET: Phase.QUIET,
    PageState.STALE: Phase.STALE,
    # Live, but what is held is in doubt: the data axis says so.
    PageState.SUSPECT: Phase.LIVE,
    PageState.FAILED: Phase.RETRYING,
    PageState.CLOSED: Phase.CLOSED,
}

# The far side says that the symbol does not exist: asking again cannot help.
INVALID_CODES = frozenset({"not_found", "unknown_symbol"})
# The far side does not want us now: the whole host is left alone for a while.
BLOCKED_CODES = frozenset({"blocked"})


def status_of(
    symbol: str,
    phase: Phase,
    code: str,
    text: str,
    ts: int,
    *,
    source: str | None = None,
    attempt: int = 0,
    ts_next: int | None = None,
    simulated: bool = False,
) -> Status:
    """Return the status of a phase with its two axes filled in."""
    stream, data = AXES[phase]
    return Status(
        symbol=symbol,
        phase=phase,
        stream=stream,
        data=data,
        code=code,
        text=text,
        ts=ts,
        source=source,
        attempt=attempt,
        ts_next=ts_next,
        simulated=simulated,
    )


def status_of_report(
    report: Report, source: str, attempt: int, *, simulated: bool = False
) -> Status:
    """Return the status for a report of a page that runs."""
    phase = PHASE_OF[report.state]
    stream, data = AXES[phase]
    if report.state is PageState.SUSPECT:
        data = _SUSPECT
    return Status(
        symbol=report.symbol,
        phase=phase,
        stream=stream,
        data=data,
        code=report.code,
        text=report.text,
        ts=report.ts,
        source=source,
        attempt=attempt,
        simulated=report.simulated or simulated,
    )
