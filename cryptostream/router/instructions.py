"""The values between the reconciler and its shell: instructions, rules, workers, tickers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.records import Status
    from cryptostream.wire.hop import PageState


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Instruction: let this worker run this symbol."""

    worker: str
    symbol: str
    generation: int


@dataclass(frozen=True, slots=True)
class ClosePage:
    """Instruction: let this worker end this symbol."""

    worker: str
    symbol: str
    generation: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Instruction: publish this status."""

    status: Status


@dataclass(frozen=True, slots=True)
class ForgetValues:
    """Instruction: nobody keeps this symbol up to date any more; its last value goes."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Grow:
    """Instruction: ask for this many workers in all."""

    workers: int


@dataclass(frozen=True, slots=True)
class Switched:
    """Instruction: from now on another source publishes this symbol; say so.

    ``reason`` is the code of what was wrong with the former source, or ``returned``;
    ``status`` is how the new one is.
    """

    symbol: str
    old: str
    new: str
    reason: str
    text: str
    status: Status


Instruction = OpenPage | ClosePage | Publish | ForgetValues | Grow | Switched


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of the reconciler; ``delay`` gives the pause in s before attempt n."""

    delay: Callable[[int], float]
    stable_after: float
    open_within: float
    # So many workers may be asked for; 0 for a source whose workers are just there.
    ceiling: int
    give_up_after: int = 0
    # From [0, 1): hosts that refuse several of us must not see all come back at once.
    jitter: Callable[[], float] = lambda: 0.0
    # First pause in s for a host that refuses us; doubled each time, capped at an hour.
    blocked_pause: float = 60.0
    # What people read while a ticker is opened, and when there is no room for it.
    loading: str = "it is being opened"
    no_room: str = "all workers of this source are full: unsubscribe a ticker"
    # All sources are of a simulated market: said of a ticker before its source says anything.
    simulated: bool = False


@dataclass(slots=True)
class Worker:
    """A browser or feed process that can run tickers."""

    worker: str
    incarnation: int
    source: str
    capacity: int
    opening: int
    pages: set[str] = field(default_factory=set)
    loading: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Ticker:
    """A desired symbol and what is being done about it."""

    symbol: str
    status: Status
    generation: int = 0
    worker: str | None = None
    state: PageState | None = None
    attempt: int = 0
    next_at: float | None = 0.0  # None: nothing is planned
    assigned_at: float = 0.0
    live_since: float | None = None
    reported_ns: int = 0  # the page's own time of its newest report
    source: str = ""
    simulated: bool = False
