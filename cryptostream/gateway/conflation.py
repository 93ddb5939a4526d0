"""Conflation of ticks: MERGE, field by field.

Ticks of one ticker that come faster than a viewer wants become one: of each field the newest
value that is known, of the whole the newest position and times. Only ticks that say the same
of their origin are merged; a tick of another source stands alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import force_setattr, replace

if TYPE_CHECKING:
    from cryptostream.records import Tick

# What a source may leave out of a tick; a missing one is taken from the tick before.
_FIELDS = ("bid", "ask", "change", "change_percent", "volume")
# Ticks that differ in one of these are not of one origin: their fields never mix.
_ORIGIN = ("source", "epoch", "venue", "currency", "simulated", "timeliness")


class Merged:
    """Ticks of one ticker merged so far; ``tick`` is the result, never one of the inputs.

    ``first`` is the sequence of the first tick that is in it and ``count`` how many others the
    newest one stands for.
    """

    __slots__ = ("count", "first", "tick")

    def __init__(self, tick: Tick) -> None:
        self.tick = tick
        self.first = tick.seq
        self.count = 0

    def add(self, tick: Tick) -> None:
        """Take the next tick of the ticker."""
        before = self.tick
        self.count += 1
        if tick.epoch != before.epoch:
            self.first = tick.seq
        if not _same_origin(before, tick):
            self.tick = tick
            return
        missing = [
            name
            for name in _FIELDS
            if getattr(tick, name) is None and getattr(before, name) is not None
        ]
        if missing:
            # A copy: the tick itself is shared with the ring and with other intervals.
            merged = replace(tick)
            for name in missing:
                force_setattr(merged, name, getattr(before, name))
            tick = merged
        self.tick = tick


def _same_origin(one: Tick, other: Tick) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _ORIGIN)


def merge(ticks: list[Tick]) -> Merged | None:
    """Return ticks of one ticker, oldest first, as one; ``None`` when there are none."""
    if not ticks:
        return None
    merged = Merged(ticks[0])
    for tick in ticks[1:]:
        merged.add(tick)
    return merged
