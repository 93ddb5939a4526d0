"""What the shards want to be done, and what they found out. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connect:
    """Begin a connection; what comes of it is told under this serial number."""

    serial: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Send this request. ``joins``: another connection still carries these tickers."""

    serial: int
    text: str
    tickers: tuple[str, ...]
    subscribe: bool
    joins: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """End a connection."""

    serial: int
    why: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The streams of these tickers are subscribed."""

    tickers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing carries these tickers any more."""

    tickers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange does not take the streams of this ticker."""

    ticker: str
    why: str


@dataclass(frozen=True, slots=True)
class Switched:
    """The connection before this one has ended: what it keeps back is all there is."""

    serial: int


Effect = Connect | Ask | Drop | Carried | Lost | Refused | Switched
