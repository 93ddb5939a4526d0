"""Who watches what, and what each gets: everything between the daemon and the viewers, as values.

Records come in by :meth:`Hub.take` and wait in lanes; :meth:`Hub.collect` says which viewers
have something. The union of what viewers want is :meth:`Hub.changes`: a symbol is asked for
when its first viewer comes and given up at once when its last one leaves. One that has failed
is asked for anew whenever a viewer asks for it: that is what makes the daemon try again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptostream.gateway.cursors import gap
from cryptostream.gateway.pieces import Note, Piece
from cryptostream.gateway.positions import STATUS, TICK, TRADE
from cryptostream.gateway.ring import Ring
from cryptostream.gateway.service import Held, Service
from cryptostream.records import Phase, Status, Tick, Trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.gateway.viewer import Viewer
    from cryptostream.wire.effects import Gap


class Hub(Service):
    """All viewers of one gateway; ``ring`` is how many records of a topic are kept."""

    def __init__(self, ring: int) -> None:
        super().__init__()
        self.viewers: dict[Viewer, None] = {}
        self.received = {TICK: 0, TRADE: 0, STATUS: 0}
        self.gaps = 0
        self._ring = ring
        self._asked: set[str] = set()
        self._anew: set[str] = set()
        self._changed = False

    # -- viewers ------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """Take a viewer in; it follows nothing yet."""
        self.viewers[viewer] = None

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer and release all that it held."""
        for symbol in list(viewer.held):
            self.release(viewer, symbol)
        self.viewers.pop(viewer, None)
        self._ready.pop(viewer, None)

    def hold(self, viewer: Viewer, symbol: str) -> None:
        """Want a symbol for a viewer, before anything of it is delivered."""
        held = self.symbols.get(symbol)
        if held is None:
            held = self.symbols[symbol] = Held(Ring(self._ring), Ring(self._ring))
            self._changed = True
        elif held.status is not None and held.status.phase is Phase.FAILED:
            self._anew.add(symbol)
            self._changed = True
        held.viewers.add(viewer)
        viewer.held.add(symbol)

    def release(self, viewer: Viewer, symbol: str) -> None:
        """Want a symbol no more for a viewer; nothing of it is delivered any more."""
        subscription = viewer.follows.pop(symbol, None)
        if subscription is not None:
            self._detach(subscription, deliver=False)
        viewer.held.discard(symbol)
        held = self.symbols.get(symbol)
        if held is not None:
            held.viewers.discard(viewer)
            if not held.viewers:
                del self.symbols[symbol]
                self._changed = True

    def changes(self) -> tuple[list[str], list[str]]:
        """Return (symbols to ask the daemon for, symbols to give up) since the last call.

        What is to be asked for anew is in both: it is given up first.
        """
        if not self._changed:
            return [], []
        self._changed = False
        wanted = set(self.symbols)
        again = self._anew & wanted & self._asked
        add, drop = sorted(wanted - self._asked | again), sorted(self._asked - wanted | again)
        self._asked = wanted
        self._anew.clear()
        return add, drop

    # -- what the daemon says -----------------------------------------------------------

    def accept(self, symbol: str) -> None:
        """Note that the daemon follows a symbol."""
        if symbol in self.symbols:
            self.symbols[symbol].accepted = True

    def reject(self, symbol: str, error: dict[str, Any], suggestions: Iterable[str]) -> None:
        """Drop a symbol that the daemon refuses; who follows it already is told."""
        held = self.symbols.get(symbol)
        if held is None:
            return
        self._asked.discard(symbol)
        fields = {"t": "removed", "symbol": symbol, "error": error}
        note = Note({**fields, "suggestions": [*suggestions]})
        for viewer in list(held.viewers):
            if symbol in viewer.follows:
                self._give(viewer, [note])
            self.release(viewer, symbol)

    def prefill(self, symbol: str, kind: str, records: list[Any]) -> None:
        """Put records that the daemon still held before those that came since."""
        if symbol in self.symbols:
            self.symbols[symbol].ring(kind).put_before(records)

    def take(self, record: Tick | Trade | Status) -> None:
        """Take a record of a symbol that somebody wants."""
        held = self.symbols.get(record.symbol)
        kind = STATUS
        if isinstance(record, Tick):
            kind = TICK
        elif isinstance(record, Trade):
            kind = TRADE
        self.received[kind] += 1
        if held is None:
            return
        if isinstance(record, Status):
            held.status = record
        else:
            held.ring(kind).put(record)
        piece = Piece(kind, record)
        for lane in self._lanes.values():
            for viewer in lane.take(kind, piece):
                self._ready[viewer] = None

    def lost(self, loss: Gap) -> None:
        """Tell who follows a topic what the daemon's side could not make good."""
        self.gaps += 1
        kind = loss.topic.partition("/")[0]
        held = self.symbols.get(loss.symbol)
        note = gap(loss.symbol, kind, loss.epoch, (loss.first, loss.last), loss.reason)
        for viewer in held.viewers if held is not None else ():
            follows = viewer.follows.get(loss.symbol)
            if follows is not None and follows.lane_ms is not None and follows.wants(kind):
                self._give(viewer, [note])

    def tell_all(self, fields: dict[str, Any]) -> None:
        """Send every viewer one message."""
        note = Note(fields)
        for viewer in self.viewers:
            self._give(viewer, [note])
