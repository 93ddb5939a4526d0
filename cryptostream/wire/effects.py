"""What a client session asks of its shell (effects) and tells its user (events)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cryptostream.records import Record, Status

if TYPE_CHECKING:
    from cryptostream.errors import CryptoStreamError

GapReason = Literal["new_epoch", "aged_out", "slow_consumer", "malformed"]


@dataclass(frozen=True, slots=True)
class Send:
    """Effect: send these bytes on the control socket."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Listen:
    """Effect: subscribe the data socket to this topic."""

    topic: bytes


@dataclass(frozen=True, slots=True)
class Deafen:
    """Effect: end the data socket's subscription to this topic."""

    topic: bytes


@dataclass(frozen=True, slots=True)
class Reset:
    """Effect: close both sockets, open new ones and call ``started`` again."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Event: records of a topic that the client did not get and will not get.

    ``first`` and ``last`` are the missing sequences, both included; ``None`` when nobody can
    know them. Reasons: ``new_epoch`` (the daemon began anew), ``aged_out`` (its ring no longer
    holds them), ``slow_consumer`` (this program did not read fast enough), ``malformed``
    (they came, but could not be read).
    """

    topic: str
    symbol: str
    epoch: int
    first: int | None
    last: int | None
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Connected:
    """Event: the daemon has answered and the session is open."""

    epoch: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Event: the daemon has been silent too long; connecting goes on by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Event: a wanted ticker is followed under its canonical symbol."""

    ticker: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Event: a wanted ticker was refused and is no longer wanted."""

    ticker: str
    error: CryptoStreamError
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Event: the answer to a request of the user's own."""

    call_id: int
    fields: dict[str, Any] | None
    error: CryptoStreamError | None


Effect = Send | Listen | Deafen | Reset
Event = Gap | Connected | Disconnected | Accepted | Rejected | Answer
Output = Effect | Event | Record | Status
