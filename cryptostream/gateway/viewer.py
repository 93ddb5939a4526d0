"""One viewer and what it follows, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.gateway.pieces import Piece
from cryptostream.gateway.positions import STATUS, TICK

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.closing import Close
    from cryptostream.gateway.encoding import Codec
    from cryptostream.gateway.outbox import Outbox
    from cryptostream.gateway.pieces import Note
    from cryptostream.gateway.positions import Cursor, Cursors
    from cryptostream.gateway.trail import Trail


@dataclass(slots=True, eq=False)
class Subscription:
    """What one viewer wants of one symbol; ``skip`` are positions that it has already.

    ``plain`` says that it gets every tick and nothing else, as most do: who serves it then needs
    not ask and gives straight to ``out``, which is that of the viewer.
    """

    viewer: Viewer
    symbol: str
    interval_ms: int
    tick: bool = True
    trade: bool = False
    lane_ms: int | None = None  # the lane that serves it; None while it is not served
    skip: dict[str, Cursor] = field(default_factory=dict)
    plain: bool = field(default=False, init=False)
    out: list[Piece | Note] = field(init=False)

    def __post_init__(self) -> None:
        """Note what follows from the rest."""
        self.out = self.viewer.out
        self.begin_after(self.skip)

    def begin_after(self, skip: dict[str, Cursor]) -> None:
        """Take what comes after these positions."""
        self.skip = skip
        self.plain = self.tick and not self.trade and not skip

    def wants(self, kind: str) -> bool:
        """Tell whether records of a kind are wanted; statuses always are."""
        return (self.tick if kind == TICK else self.trade) if kind != STATUS else True

    def offer(self, ticks: list[Piece], trades: list[Piece]) -> None:
        """Take what a lane has of this symbol; statuses come among the ticks."""
        out = self.out
        if self.tick and self.trade and not self.skip:
            out += ticks
            out += trades
            return
        if self.tick and not self.skip:
            out += ticks
        else:
            out += [new for piece in ticks if (new := self._new_of(piece)) is not None]
        if self.trade:
            out += [new for piece in trades if (new := self._new_of(piece)) is not None]

    def _new_of(self, piece: Piece) -> Piece | None:
        """Return what of a piece is not known yet: of merged ticks some may be."""
        if not self.wants(piece.kind):
            return None
        known = self.skip.get(piece.kind)
        if known is None:
            return piece
        epoch, seq = known
        if piece.record.epoch != epoch:
            seq = 0
        elif piece.seq <= seq:
            return None
        del self.skip[piece.kind]
        self.begin_after(self.skip)
        if not piece.conflated or piece.first > seq:
            return piece
        left = piece.seq - seq - 1
        return Piece(piece.kind, piece.record, left, seq + 1 if left else 0)


@dataclass(slots=True, eq=False)
class Viewer:
    """One connection: who it is, what it follows, what waits for it.

    ``wake`` tells its connection that something waits, and why it is to end if it is. ``held`` are
    the symbols that it wants, followed or still being asked for.
    """

    codec: Codec
    outbox: Outbox
    grant: Grant
    wake: Callable[[Close | None], None]
    address: str = ""
    trail: Trail | None = None  # of a viewer by server-sent events
    client_id: str = ""
    interval_ms: int = 0
    paused: bool = False
    closing: Close | None = None
    heard_last: float = 0.0  # when something was last queued for it; s of a steady clock
    held: set[str] = field(default_factory=set)
    follows: dict[str, Subscription] = field(default_factory=dict)
    recover: Cursors = field(default_factory=dict)  # where an earlier connection stood
    cursors: Cursors = field(default_factory=dict)  # where it stood when it paused
    out: list[Piece | Note] = field(default_factory=list)
    records: int = 0
    conflated: int = 0

    @property
    def transport(self) -> str:
        """What it is connected by."""
        return "websocket" if self.trail is None else "sse"

    def close(self, why: Close) -> None:
        """Ask its connection to end; the first reason counts."""
        if self.closing is None:
            self.closing = why
        self.wake(self.closing)
