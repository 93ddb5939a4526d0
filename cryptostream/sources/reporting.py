"""Reports of feeds, made from what went wrong. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from cryptostream.errors import SourceError


def failed_report(
    symbol: str, generation: int, error: SourceError, now_ns: int, *, simulated: bool = False
) -> Report:
    """Return the report of a ticker that is over."""
    return Report(
        symbol=symbol,
        generation=generation,
        state=PageState.FAILED,
        code=error.code,
        text=error.line(),
        ts=now_ns,
        retriable=error.retriable,
        retry_after=error.retry_after,
        simulated=simulated,
    )
