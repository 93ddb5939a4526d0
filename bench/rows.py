"""What a benchmark says: rows with a figure of ours, one of the other side, and a bar."""

from __future__ import annotations

from typing import Literal

import msgspec


class Bar(msgspec.Struct, frozen=True):
    """What must be reached: ``of`` is our own figure or its ratio to the other side's."""

    of: Literal["ours", "ratio"]
    sign: Literal["<=", ">="]
    value: float

    def text(self, unit: str) -> str:
        """Return the bar as the table shows it."""
        if self.of == "ours":
            return f"{self.sign} {figure(self.value)} {unit}".strip()
        below_one = 0 < self.value < 1
        times = f"1/{figure(1 / self.value)}" if below_one else f"{figure(self.value)} x"
        return f"{self.sign} {times}"


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the table; ``error`` says why there are no figures."""

    name: str
    ours: float | None = None
    other: float | None = None
    unit: str = ""
    bar: Bar | None = None
    note: str = ""
    error: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the other side's: below 1 is less, whatever is better."""
        if self.ours is None or not self.other:
            return None
        return self.ours / self.other

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached, ``None`` where there is none."""
        if self.bar is None:
            return None
        found = self.ours if self.bar.of == "ours" else self.ratio
        if found is None:
            return False
        return found <= self.bar.value if self.bar.sign == "<=" else found >= self.bar.value

    @property
    def verdict(self) -> str:
        """The last column."""
        if self.error:
            return "failed"
        reached = self.reached
        return "" if reached is None else ("yes" if reached else "NO")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All that one benchmark found; ``load`` is the machine's load average before it."""

    bench: str
    rows: list[Row]
    load: float
    seconds: float = 0.0


def figure(value: float) -> str:
    """Return a number with three digits that say something, and no more."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100 or value == int(value):
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"
