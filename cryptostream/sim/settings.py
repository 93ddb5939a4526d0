"""What can be set on the simulated market, checked when it is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cryptostream.errors import ConfigError
from cryptostream.sim.looks import GENERATIONS

MarketMode = Literal["mixed", "random", "recorded", "manual"]
MODES: tuple[MarketMode, ...] = ("mixed", "random", "recorded", "manual")

_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Periods:
    """The clocks of the quote socket, in seconds of real time."""

    heartbeat: float  # the server asks
    echo: float  # the longest the server waits for the answer
    idle: float  # the page gives up a silent socket
    reconnect: float  # the page's pause before the next attempt
    slow: float  # how often symbols outside the fast list are brought up to date


@dataclass(frozen=True, slots=True, kw_only=True)
class SimSettings:
    """One simulated market.

    ``port`` 0 takes any free port. ``rate`` is the mean number of updates per second of each
    random ticker. ``speed`` makes the recorded minute run faster; ``period_scale`` multiplies
    every period of the protocol (0.1 makes a test wait 2 s where the real page waits 20 s).
    ``heavy`` adds what makes a real page expensive: chart, pictures, ads, scripts, watchlist.
    """

    host: str = "127.0.0.1"
    port: int = 7790
    seed: int = 1
    rate: float = 5.0
    market: MarketMode = "mixed"
    generation: str = "G5"
    speed: float = 1.0
    period_scale: float = 1.0
    heavy: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise ConfigError(f"sim.port {self.port} is not a port", hint="use 0 to 65535")
        if self.market not in MODES:
            raise ConfigError(f"sim.market {self.market!r}", hint=f"use one of {', '.join(MODES)}")
        if self.generation not in GENERATIONS:
            names = ", ".join(GENERATIONS)
            raise ConfigError(f"sim.generation {self.generation!r}", hint=f"use one of {names}")
        for name in ("rate", "speed", "period_scale"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"sim.{name} must be above zero", hint="1.0 is the normal pace")

    @property
    def periods(self) -> Periods:
        """The protocol's periods: 20 s idle and 5 s reconnect are the real page's own."""
        scale = self.period_scale
        return Periods(
            heartbeat=10 * scale,
            echo=30 * scale,
            idle=20 * scale,
            reconnect=5 * scale,
            slow=1.0 * min(scale, 1.0),
        )
