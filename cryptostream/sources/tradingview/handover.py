"""When a fresh page may speak for a ticker in place of an old one, and what it says first.

Pure: what both pages have shown in, a decision out. The stream of the ticker must not notice:
no price twice, none left out, none older than one that was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from cryptostream.records import Tick

# A page that has just been opened may not have every field yet; the site sends them within its
# first second. What is not there after so many seconds is what the site has no more.
PATIENCE = 5.0
# States of a page whose price is certain.
WELL = frozenset({PageState.LIVE, PageState.QUIET})
_FIELDS = ("bid", "ask", "volume", "change", "change_percent")


def may_speak(former: tuple[PageState, str], successor: tuple[PageState, str]) -> bool:
    """Whether a page in this state (with its code) is no worse than the one that it follows."""
    return successor[0] in WELL or (successor == former and successor[0] is PageState.SUSPECT)


def missed(
    former: Tick | None, heard: Sequence[Tick], max_jump: Decimal, waited: float
) -> list[Tick] | None:
    """Return what a fresh page has to say first; ``None`` while it cannot take over.

    ``former`` is the last tick that was sent, ``None`` where the old page is not to be relied
    on; ``heard`` is what the fresh page has made of its own so far, oldest first, and
    ``waited`` how long ago (s) that began. Prices further apart than ``max_jump`` (a share, 0.2
    for 20 %) are of two different things, whatever the pages say.
    """
    if not heard:
        return None
    newest = heard[-1]
    if former is None:
        return [newest]
    if newest.simulated != former.simulated or _far(newest, former, max_jump):
        return None
    if _poorer(newest, former) and waited < PATIENCE:
        return None
    place = _same(former, heard)
    if place is not None:
        newer = _quote(heard[place]) != _quote(former) and _later(heard[place], former)
        return list(heard[place if newer else place + 1 :])
    if waited < PATIENCE:
        # It is behind, or so far ahead that it may not have seen what comes next.
        return None
    return [tick for tick in heard if _later(tick, former)] or None


def _same(former: Tick, heard: Sequence[Tick]) -> int | None:
    """Return where the fresh page saw what was sent last."""
    prices = [place for place, tick in enumerate(heard) if tick.last == former.last]
    quotes = [place for place in prices if _quote(heard[place]) == _quote(former)]
    # A price may come back to where it was: the same one is the one of the same time.
    return min(
        quotes or prices,
        key=lambda place: abs(heard[place].ts_observed - former.ts_observed),
        default=None,
    )


def _quote(tick: Tick) -> tuple[Decimal | None, ...]:
    return (tick.last, tick.bid, tick.ask)


def _later(tick: Tick, former: Tick) -> bool:
    return tick.ts_observed > former.ts_observed


def _poorer(newest: Tick, former: Tick) -> bool:
    return any(
        getattr(newest, name) is None and getattr(former, name) is not None for name in _FIELDS
    )


def _far(newest: Tick, former: Tick, max_jump: Decimal) -> bool:
    return abs(newest.last - former.last) > former.last * max_jump
