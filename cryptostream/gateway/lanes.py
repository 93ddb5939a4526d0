"""Lanes: all subscriptions of one interval are served at the same moments from the same merge.

So a tick costs one merge for each interval in use and one encoding, not one for each viewer.
Times are seconds of any steady clock.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from cryptostream.gateway.conflation import Merged
from cryptostream.gateway.pieces import Piece
from cryptostream.gateway.positions import STATUS, TICK, TRADE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.gateway.viewer import Subscription, Viewer
    from cryptostream.records import Record, Status, Tick, Trade

# The intervals that are granted (ms): few, so that viewers share them.
INTERVALS_MS = (0, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000)
# A slow viewer is conflated to one tick a second: ten times less than a fast dashboard asks for.
SLOW_MS = 1000
# At interval 0 each viewer may cost so much time (s) between two batches: a batch takes some
# 20 us of CPU to send, so sending stays at a fifth of one core, however many there are.
_PER_VIEWER = 1e-4
# No tick waits longer than this (s) at interval 0.
_LONGEST_PAUSE = 0.05
# A moment that is missed by less than this part of the interval does not move the next one.
_LATE = 0.1
# Trades of one symbol that wait at most; more of them are sent before their time.
MOST_TRADES = 5000


def granted(interval_ms: int) -> int:
    """Return the interval that holds for one that was asked for: the next longer one."""
    return INTERVALS_MS[min(bisect_left(INTERVALS_MS, interval_ms), len(INTERVALS_MS) - 1)]


class _Pending:
    """What waits of one symbol in one lane."""

    __slots__ = ("merged", "ticks", "trades")

    def __init__(self) -> None:
        self.merged: Merged | None = None
        self.ticks: list[Piece] = []
        self.trades: list[Piece] = []

    def whole(self) -> list[Piece]:
        """Return the ticks as they go out."""
        if self.merged is None:
            return self.ticks
        merged = self.merged
        return [*self.ticks, Piece(TICK, merged.tick, merged.count, merged.first)]


class Lane:
    """The subscriptions of one interval, and what waits for them."""

    def __init__(self, interval_ms: int, now: float) -> None:
        self.interval_ms = interval_ms
        self.due = now
        self._watchers: dict[str, dict[Viewer, Subscription]] = {}
        self._pending: dict[str, _Pending] = {}

    def __len__(self) -> int:
        """Return how many symbols are watched."""
        return len(self._watchers)

    def add(self, subscription: Subscription) -> None:
        """Serve a subscription from now on."""
        watchers = self._watchers.setdefault(subscription.symbol, {})
        watchers[subscription.viewer] = subscription
        subscription.lane_ms = self.interval_ms

    def remove(self, subscription: Subscription, *, deliver: bool) -> None:
        """Serve a subscription no more; with ``deliver`` it gets what waits now, unshortened."""
        symbol = subscription.symbol
        watchers = self._watchers[symbol]
        pending = self._pending.get(symbol)
        if deliver and pending is not None:
            subscription.offer(pending.whole(), pending.trades)
        del watchers[subscription.viewer]
        subscription.lane_ms = None
        if not watchers:
            del self._watchers[symbol]
            self._pending.pop(symbol, None)

    def take(self, kind: str, piece: Piece) -> Iterable[Viewer]:
        """Take a record; return the viewers that get something at once because of it."""
        symbol = piece.record.symbol
        if symbol not in self._watchers:
            return ()
        pending = self._pending.get(symbol)
        if pending is None:
            pending = self._pending[symbol] = _Pending()
        if kind == TRADE:
            pending.trades.append(piece)
            return self._flush(symbol) if len(pending.trades) >= MOST_TRADES else ()
        if kind == STATUS or piece.record.image or not self.interval_ms:
            return self._take_whole(kind, symbol, pending, piece)
        _merge(pending, piece.record)
        return ()

    def _take_whole(
        self, kind: str, symbol: str, pending: _Pending, piece: Piece
    ) -> Iterable[Viewer]:
        if pending.merged is not None:
            pending.ticks = pending.whole()
            pending.merged = None
        pending.ticks.append(piece)
        return self._flush(symbol) if kind == STATUS or piece.record.image else ()

    def flush(self, now: float) -> set[Viewer]:
        """Give out what waits and say when the next time is; return who got something."""
        touched: set[Viewer] = set()
        for symbol in list(self._pending):
            touched.update(self._flush(symbol))
        self._book(now, len(touched))
        return touched

    def waits(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._pending)

    def _flush(self, symbol: str) -> Iterable[Viewer]:
        pending = self._pending.pop(symbol)
        watchers = self._watchers[symbol]
        ticks = pending.whole()
        for subscription in watchers.values():
            if subscription.plain:
                subscription.out.extend(ticks)
            else:
                subscription.offer(ticks, pending.trades)
        return watchers.keys()

    def _book(self, now: float, served: int) -> None:
        if not self.interval_ms:
            self.due = now + min(_LONGEST_PAUSE, served * _PER_VIEWER)
            return
        interval = self.interval_ms / 1000
        # On a grid while something waits at each of its moments. After a silence, or when this
        # process was held up, it begins anew: never is the next time sooner than the interval.
        on_grid = now - self.due < interval * _LATE
        self.due = (self.due if on_grid else now) + interval


def _merge(pending: _Pending, tick: Record | Status | Tick | Trade) -> None:
    if pending.merged is None:
        pending.merged = Merged(tick)  # type: ignore[arg-type]
    else:
        pending.merged.add(tick)  # type: ignore[arg-type]
