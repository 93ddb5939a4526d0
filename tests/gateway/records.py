"""Records and viewers as tests of the pure parts want them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cryptostream.gateway.auth import EVERYTHING
from cryptostream.gateway.encoding import Codec
from cryptostream.gateway.outbox import Outbox
from cryptostream.gateway.pieces import Piece
from cryptostream.gateway.viewer import Subscription, Viewer
from cryptostream.records import DataState, Phase, Status, StreamState, Tick, Trade

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


def tick(seq: int, last: str = "100", symbol: str = BTC, **more: Any) -> Tick:
    given = {"source": "s", "method": "sim", "ts_observed": seq, "epoch": 1, **more}
    return Tick(symbol=symbol, seq=seq, last=Decimal(last), **given)


def trade(seq: int, symbol: str = BTC, **more: Any) -> Trade:
    given = {"source": "s", "method": "sim", "ts_observed": seq, "epoch": 1, **more}
    return Trade(symbol=symbol, seq=seq, price=Decimal(7), quantity=Decimal(1), **given)


def status(seq: int, symbol: str = BTC, phase: Phase = Phase.LIVE) -> Status:
    return Status(
        symbol=symbol,
        phase=phase,
        stream=StreamState.OPEN,
        data=DataState.OK,
        code="ok",
        text="ok",
        ts=seq,
        epoch=1,
        seq=seq,
    )


def viewer(codec: Codec = Codec.JSON, capacity: int = 1_000_000) -> Viewer:
    return Viewer(codec, Outbox(capacity, 10.0), EVERYTHING, lambda _why: None)


def subscription(one: Viewer, interval_ms: int = 0, symbol: str = BTC, **more: Any) -> Subscription:
    return Subscription(one, symbol, interval_ms, **more)


def seen(one: Viewer) -> list[tuple[Any, ...]]:
    """Return and clear what waits for a viewer: (kind, seq), or the message's ``t``."""
    found = [
        (piece.kind, piece.seq, "image") if piece.record.image else (piece.kind, piece.seq)
        for piece in one.out
        if isinstance(piece, Piece)
    ]
    found += [(note.fields.get("t", "answer"),) for note in one.out if not isinstance(note, Piece)]
    one.out.clear()
    return found
