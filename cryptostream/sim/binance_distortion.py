"""How faults falsify the trades of one symbol: lost, doubled, swapped, late. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.quote import Print

# One trade in so many is late under "out of order".
_LATE_EVERY = 10


def number_of(params: Params, name: str) -> int:
    """Return a numeric parameter as a whole number, 1 at least."""
    return max(1, int(float(params[name])))


class Distortion:
    """The trades of one symbol on their way out; what is held back comes later or never."""

    def __init__(self) -> None:
        self._seen = 0
        self._swapped: Print | None = None
        self._late: Print | None = None
        self._late_for = 0

    def of(self, done: Print, faults: Mapping[str, Params]) -> list[Print]:
        """Return what goes out now in place of a trade."""
        self._seen += 1
        out = self._held_out(done, faults)
        out = self._swap(out, active="binance_swapped" in faults)
        return [one for one in out for _ in range(2)] if "binance_doubled" in faults else out

    def _held_out(self, done: Print, faults: Mapping[str, Params]) -> list[Print]:
        lost, late = faults.get("binance_lost"), faults.get("binance_out_of_order")
        if lost is not None and self._seen % number_of(lost, "every") == 0:
            return []
        if late is None:
            held, self._late = self._late, None
            return [done] if held is None else [done, held]
        if self._late is None and self._seen % _LATE_EVERY == 0:
            self._late, self._late_for = done, number_of(late, "by")
            return []
        return self._with_late(done)

    def _with_late(self, done: Print) -> list[Print]:
        if self._late is None:
            return [done]
        self._late_for -= 1
        if self._late_for > 0:
            return [done]
        held, self._late = self._late, None
        return [done, held]

    def _swap(self, out: list[Print], *, active: bool) -> list[Print]:
        if self._swapped is not None:
            held, self._swapped = self._swapped, None
            if out:
                return [out[0], held, *out[1:]]
            self._swapped = held if active else None
            return [] if active else [held]
        if active and out:
            self._swapped = out[-1]
            return out[:-1]
        return out
