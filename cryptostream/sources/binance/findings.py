"""How a ticker is doing, from what is known of it: a state, a code and words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sources.binance.quotes import NS_PER_S
from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from cryptostream.config.binance import Binance
    from cryptostream.sources.binance.quotes import Quotes

# So long (ns) after a hole the ticker is in doubt; with more holes it stays so.
GAP_SHOWN = NS_PER_S


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing comes: of one ticker, or of the connection that would carry it."""

    code: str
    text: str
    retriable: bool = True
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be reported; ``trouble`` only with FAILED and STALE."""

    state: PageState
    code: str
    text: str
    retriable: bool = True
    retry_after: float | None = None


def finding(
    quotes: Quotes,
    settings: Binance,
    *,
    carried: bool,
    was_live: bool,
    waited: float,
    trouble: Trouble | None,
    now_ns: int,
) -> Finding:
    """Return how a ticker is doing.

    ``carried``: its streams are subscribed on an open connection. ``waited`` is how long (s) it
    has been open without being live; ``trouble`` is why its connection is not there.
    """
    if not (carried and quotes.fresh):
        return _missing(quotes, settings, was_live=was_live, waited=waited, trouble=trouble)
    if now_ns - quotes.gap_ns < GAP_SHOWN:
        missing = quotes.holes.missing()
        text = f"trades are missing: {missing} so far" if missing else "trades came out of order"
        return Finding(PageState.SUSPECT, "trade_gap", text)
    silent = (now_ns - quotes.heard_ns) / NS_PER_S
    if silent > settings.quiet_after:
        text = f"no message for {settings.quiet_after:g} s; the connection is well"
        return Finding(PageState.QUIET, "quiet", text)
    return Finding(PageState.LIVE, "ok", "prices are coming in")


def _missing(
    quotes: Quotes, settings: Binance, *, was_live: bool, waited: float, trouble: Trouble | None
) -> Finding:
    if was_live:
        if trouble is None:
            return Finding(PageState.STALE, "reconnecting", "waiting for a fresh value")
        return Finding(PageState.STALE, trouble.code, trouble.text, True, trouble.retry_after)
    pause = trouble.retry_after or 0.0 if trouble is not None else 0.0
    # Who has to wait for longer than it may is told so now: another source may be faster.
    if max(waited, pause) <= settings.first_value_timeout:
        if trouble is None:
            return Finding(PageState.LOADING, "loading", "the streams are being subscribed")
        return Finding(PageState.LOADING, trouble.code, trouble.text, True, trouble.retry_after)
    if trouble is None:
        seconds = f"{settings.first_value_timeout:g} s"
        what = "its streams were not taken" if quotes.fresh else "there was no value"
        trouble = Trouble("no_price", f"{what} within {seconds}")
    return failure(trouble)


def failure(trouble: Trouble) -> Finding:
    """Return the end of a ticker."""
    return Finding(
        PageState.FAILED, trouble.code, trouble.text, trouble.retriable, trouble.retry_after
    )
