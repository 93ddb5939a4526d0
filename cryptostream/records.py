"""The records that travel: Tick, Trade and Status.

Prices and quantities are :class:`~decimal.Decimal` here and decimal strings on the wire.
Times are integers in ns since the Unix epoch. A missing key on the wire is ``None`` here:
the source has no such value.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Literal

import msgspec

Method = Literal["dom", "frames", "stream", "poll", "replay", "sim"]


class Phase(enum.StrEnum):
    """What a ticker is doing, for people; ``StreamState`` and ``DataState`` are for programs."""

    PENDING = "pending"
    LOADING = "loading"
    LIVE = "live"
    QUIET = "quiet"
    STALE = "stale"
    RETRYING = "retrying"
    FAILED = "failed"
    INVALID = "invalid"
    CLOSED = "closed"


class StreamState(enum.StrEnum):
    """Whether more will come."""

    OPEN = "open"
    CLOSED_RECOVER = "closed_recover"
    CLOSED = "closed"


class DataState(enum.StrEnum):
    """Whether what is held can be trusted."""

    OK = "ok"
    SUSPECT = "suspect"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every record names: its symbol, its source and how the source got it.

    ``epoch``, ``seq`` and ``ts_published`` are not part of the payload: the receiver fills
    them in from the meta frame. ``image`` marks a value from a snapshot, not from live flow.
    ``venue`` and ``currency`` are there when the price is of another exchange than the
    symbol's own, or in another currency; ``timeliness`` when the value is not real-time.
    """

    symbol: str
    source: str
    method: Method
    ts_observed: int
    ts_source: int | None = None
    simulated: bool = False
    venue: str | None = None
    currency: str | None = None
    timeliness: Literal["real_time", "delayed", "snapshot"] = "real_time"
    ts_published: int = 0
    epoch: int = 0
    seq: int = 0
    image: bool = False


class Tick(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A price as the source shows it, with what else it knows at that moment.

    ``ts_observed`` is when the price was seen in the page or at the socket; ``rule`` names the
    selector rule that found it. ``change_percent`` is in percent, ``volume`` in the base asset.
    """

    last: Decimal
    bid: Decimal | None = None
    ask: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    volume: Decimal | None = None
    rule: str | None = None


class Trade(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One real trade; only sources that truly report trades send it."""

    price: Decimal
    quantity: Decimal
    side: Literal["buy", "sell"] | None = None
    trade_id: str | None = None


class TickText(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A :class:`Tick` on its way out whose numbers are still the source's own decimal text.

    It encodes to the same bytes, for a quarter of the time: sources with thousands of records
    a second use it. Who makes one has checked the text: digits, at most one point, a minus
    only for the changes.
    """

    last: str
    bid: str | None = None
    ask: str | None = None
    change: str | None = None
    change_percent: str | None = None
    volume: str | None = None


class TradeText(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A :class:`Trade` on its way out, as :class:`TickText` is to a tick."""

    price: str
    quantity: str
    side: Literal["buy", "sell"] | None = None
    trade_id: str | None = None


class Switch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ticker changed its source: from ``old`` to ``new``, because of ``reason`` (a code).

    ``last_seq`` is the last sequence of the old source's ticks, ``first_seq`` the first of the
    new one's. ``overlap`` is for how long (ns) both had delivered; below zero it is the hole
    between them. ``basis`` is the new source's price minus the old one's at that moment,
    ``basis_bp`` the same in hundredths of a percent of the old; ``None`` when either had none.
    """

    old: str
    new: str
    reason: str
    last_seq: int
    first_seq: int
    overlap: int | None = None
    basis: Decimal | None = None
    basis_bp: Decimal | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a ticker is doing: two axes, a phase, a code and the remedy in words.

    ``attempt`` counts restarts since the last stable run; ``ts_next`` is when the next one is
    due (ns), ``None`` when none is planned. ``switch`` is there when this status tells of a
    change of the source.
    """

    symbol: str
    phase: Phase
    stream: StreamState
    data: DataState
    code: str
    text: str
    ts: int
    source: str | None = None
    attempt: int = 0
    ts_next: int | None = None
    suggestions: tuple[str, ...] = ()
    switch: Switch | None = None
    simulated: bool = False
    ts_published: int = 0
    epoch: int = 0
    seq: int = 0
    image: bool = False
