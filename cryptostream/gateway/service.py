"""Serving subscriptions: images first, then updates in lanes, and every change without a loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptostream.gateway.cursors import catch_up, image_of
from cryptostream.gateway.lanes import SLOW_MS, Lane
from cryptostream.gateway.pieces import Note, Piece
from cryptostream.gateway.positions import STATUS, TICK, TRADE
from cryptostream.gateway.ring import BEFORE_ANY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.gateway.positions import Cursor
    from cryptostream.gateway.ring import Ring
    from cryptostream.gateway.viewer import Subscription, Viewer
    from cryptostream.records import Status, Tick, Trade


@dataclass(slots=True)
class Held:
    """What is known of one symbol that somebody wants."""

    ticks: Ring[Tick]
    trades: Ring[Trade]
    viewers: set[Viewer] = field(default_factory=set)
    status: Status | None = None
    accepted: bool = False

    def ring(self, kind: str) -> Ring[Any]:
        """Return the newest records of a kind."""
        return self.ticks if kind == TICK else self.trades


class Service:
    """What is known of each symbol, and the lanes that serve who follows it."""

    def __init__(self) -> None:
        self.symbols: dict[str, Held] = {}
        self._lanes: dict[int, Lane] = {}
        self._ready: dict[Viewer, None] = {}

    def follow(
        self,
        subscription: Subscription,
        cursors: dict[str, Cursor],
        now: float,
    ) -> dict[str, bool]:
        """Deliver a symbol that is held: what it missed or the image now, then updates.

        A subscription to the same symbol is replaced. Returns for each kind that has a cursor
        whether all that was missed is delivered.
        """
        viewer, symbol = subscription.viewer, subscription.symbol
        held = self.symbols[symbol]
        before = viewer.follows.pop(symbol, None)
        if before is not None:
            cursors = self._stop(before)
        viewer.follows[symbol] = subscription
        if held.status is not None and before is None:
            self._give(viewer, [image_of(STATUS, held.status)])
        told = self._begin(subscription, cursors, now)
        return {} if before is not None else told

    def retime(self, viewer: Viewer, interval_ms: int, now: float) -> None:
        """Change the interval of all that a viewer follows, without a loss."""
        viewer.interval_ms = interval_ms
        for subscription in viewer.follows.values():
            subscription.interval_ms = interval_ms
        self.relane(viewer, now)

    def relane(self, viewer: Viewer, now: float) -> None:
        """Serve a viewer in the lanes that fit its intervals and how fast it reads."""
        for subscription in viewer.follows.values():
            lane_ms = self._lane_ms(subscription)
            if subscription.lane_ms is not None and subscription.lane_ms != lane_ms:
                self._stop(subscription)
                self._attach(subscription, now)

    def pause(self, viewer: Viewer) -> None:
        """Deliver nothing to a viewer until :meth:`resume`."""
        if viewer.paused:
            return
        viewer.paused = True
        viewer.cursors.update({symbol: self._stop(one) for symbol, one in viewer.follows.items()})

    def resume(self, viewer: Viewer, now: float) -> None:
        """Go on; what was missed meanwhile comes first, or a gap and the image."""
        if not viewer.paused:
            return
        viewer.paused = False
        for symbol, subscription in viewer.follows.items():
            status = self.symbols[symbol].status
            if status is not None:
                self._give(viewer, [image_of(STATUS, status)])
            self._begin(subscription, viewer.cursors.pop(symbol, {}), now)

    def _begin(
        self, subscription: Subscription, cursors: dict[str, Cursor], now: float
    ) -> dict[str, bool]:
        viewer, symbol = subscription.viewer, subscription.symbol
        if viewer.paused:
            viewer.cursors[symbol] = cursors
            return {}
        held = self.symbols[symbol]
        present = held.status.epoch if held.status is not None else None
        told: dict[str, bool] = {}
        for kind in (TICK, TRADE):
            if not subscription.wants(kind):
                continue
            ring = held.ring(kind)
            cursor = cursors.get(kind)
            found = catch_up(symbol, kind, ring, cursor, self._lane_ms(subscription), present)
            self._give(viewer, found.out)
            if found.recovered is not None:
                told[kind] = found.recovered
        self._attach(subscription, now)
        return told

    def _attach(self, subscription: Subscription, now: float) -> None:
        subscription.begin_after(self._positions(subscription))
        lane_ms = self._lane_ms(subscription)
        lane = self._lanes.get(lane_ms)
        if lane is None:
            lane = self._lanes[lane_ms] = Lane(lane_ms, now)
        lane.add(subscription)

    def _stop(self, subscription: Subscription) -> dict[str, Cursor]:
        """Stop serving after what waits has been given; return where the viewer stands then."""
        if subscription.lane_ms is None:
            return subscription.viewer.cursors.pop(subscription.symbol, {})
        self._detach(subscription, deliver=True)
        wanted = [kind for kind in (TICK, TRADE) if subscription.wants(kind)]
        return dict.fromkeys(wanted, BEFORE_ANY) | self._positions(subscription)

    def _detach(self, subscription: Subscription, *, deliver: bool) -> None:
        lane_ms = subscription.lane_ms
        if lane_ms is None:
            return
        lane = self._lanes[lane_ms]
        lane.remove(subscription, deliver=deliver)
        if deliver and subscription.viewer.out:
            self._ready[subscription.viewer] = None
        if not len(lane):
            del self._lanes[lane_ms]

    def _positions(self, subscription: Subscription) -> dict[str, Cursor]:
        held = self.symbols[subscription.symbol]
        newest = {kind: held.ring(kind).newest for kind in (TICK, TRADE)}
        return {
            kind: (record.epoch, record.seq)
            for kind, record in newest.items()
            if record is not None and subscription.wants(kind)
        }

    def _lane_ms(self, subscription: Subscription) -> int:
        slow = SLOW_MS if subscription.viewer.outbox.slow else 0
        return max(subscription.interval_ms, slow)

    def tell(self, viewer: Viewer, fields: dict[str, Any], place: int | None = None) -> None:
        """Send a viewer a message: after what waits for it, or at a ``place`` among that."""
        viewer.out.insert(len(viewer.out) if place is None else place, Note(fields))
        self._ready[viewer] = None

    # -- what goes out ------------------------------------------------------------------

    def flush(self, now: float) -> None:
        """Serve the lanes whose time has come.

        One in which nothing waits keeps its time: what comes after a silence goes out at once.
        """
        for lane in self._lanes.values():
            if lane.due <= now and lane.waits():
                self._ready.update(dict.fromkeys(lane.flush(now)))

    def next_due(self) -> float | None:
        """Return when a lane in which something waits is to be served."""
        return min((lane.due for lane in self._lanes.values() if lane.waits()), default=None)

    def collect(self) -> list[Viewer]:
        """Return the viewers for whom something waits in ``out``, each once."""
        found = [viewer for viewer in self._ready if viewer.out]
        self._ready.clear()
        return found

    def _give(self, viewer: Viewer, out: Iterable[Piece | Note]) -> None:
        viewer.out += out
        self._ready[viewer] = None
