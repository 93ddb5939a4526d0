"""Where each ticker comes from: one reconciler a source, and failover between them.

Pure, like the reconcilers: events and times in, instructions out. A reconciler keeps the
legs of its source running; this module decides which sources a ticker needs and which of
them publishes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cryptostream.records import DataState, Phase
from cryptostream.router.failover import Health, decide
from cryptostream.router.instructions import ForgetValues, Instruction, Publish, Switched
from cryptostream.router.reconciler import Reconciler
from cryptostream.router.states import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.records import Status
    from cryptostream.router.failover import FailoverRules
    from cryptostream.router.instructions import Rules, Ticker, Worker
    from cryptostream.symbols import Order
    from cryptostream.wire.hop import Report

_HEALTHY = frozenset({Phase.LIVE, Phase.QUIET})
_OVER = frozenset({Phase.FAILED, Phase.INVALID})
_OPENING = frozenset({Phase.PENDING, Phase.LOADING})
_ILL = frozenset({Phase.STALE, Phase.RETRYING, *_OVER})


@dataclass(slots=True)
class Leg:
    """One source of one ticker, as failover sees it; ``status`` is its own.

    ``trouble`` is what was wrong with it last, also while it is being opened again.
    """

    health: Health
    status: Status
    trouble: Status | None = None


@dataclass(slots=True)
class Line:
    """A wanted ticker: its sources in order of preference, and the one that publishes."""

    symbol: str
    order: Order
    active: str
    status: Status
    legs: dict[str, Leg] = field(default_factory=dict)
    # When time alone may change the decision; None: only an event can.
    look_at: float | None = None


class Acquisition:
    """All wanted tickers over all sources; times in s, ``now_ns`` for what people read."""

    def __init__(
        self,
        rules: Mapping[str, Rules],
        failover: FailoverRules,
        order: Callable[[str], Order],
        *,
        simulated: bool = False,
    ) -> None:
        self._sources = {source: Reconciler(source, its) for source, its in rules.items()}
        self._failover = failover
        self._simulated = simulated
        self.order = order
        self._lines: dict[str, Line] = {}
        self._desired: dict[str, set[str]] = {source: set() for source in rules}
        self._changed: set[str] = set()

    # -- what there is ------------------------------------------------------------------

    @property
    def restarts(self) -> int:
        """How often a leg was begun again."""
        return sum(one.restarts for one in self._sources.values())

    def lines(self) -> list[Line]:
        """Return all wanted tickers."""
        return list(self._lines.values())

    def line(self, symbol: str) -> Line | None:
        """Return one ticker, ``None`` when nobody wants it."""
        return self._lines.get(symbol)

    def leg(self, symbol: str, source: str) -> Ticker | None:
        """Return what a source's reconciler knows of a ticker."""
        reconciler = self._sources.get(source)
        return reconciler.ticker(symbol) if reconciler is not None else None

    def writers(self, symbol: str) -> tuple[int | None, list[int]]:
        """Return the incarnation that publishes a symbol, and those that stand by."""
        line = self._lines.get(symbol)
        if line is None:
            return None, []
        found = {source: self._sources[source].owner(symbol) for source in line.legs}
        others = [one for source, one in found.items() if one and source != line.active]
        return found.get(line.active), others

    # -- events -------------------------------------------------------------------------

    def want(self, symbols: set[str], now: float, now_ns: int) -> list[Instruction]:
        """Say which symbols are desired, all of them."""
        out: list[Instruction] = []
        for symbol in sorted(self._lines.keys() - symbols):
            self._end(symbol, now_ns, out)
        for symbol in sorted(symbols - self._lines.keys()):
            self._begin(symbol, now, now_ns, out)
        self._settle(now, now_ns, out)
        return out

    def retry(self, symbol: str, now: float, now_ns: int) -> list[Instruction]:
        """Begin a ticker anew that has failed; one that works or is tried is left alone."""
        line = self._lines.get(symbol)
        if line is None or line.status.phase is not Phase.FAILED:
            return []
        out: list[Instruction] = []
        for source in tuple(line.legs):
            found = self._sources[source].retry(symbol, now, now_ns)
            out += self._take(source, found, now)
        return self._after(out, now, now_ns)

    def worker_up(
        self, worker: Worker, reports: Iterable[Report], now: float, now_ns: int
    ) -> list[Instruction]:
        """Take a worker in, with the tickers that it already runs."""
        reconciler = self._sources.get(worker.source)
        if reconciler is None:
            return []
        reports = list(reports)
        for report in reports:
            # What runs on behalf of a failover that a former router decided goes on.
            self._resume(worker.source, report.symbol, now, now_ns)
        found = self._take(worker.source, self._rewant(worker.source, now, now_ns), now)
        found += self._take(worker.source, reconciler.worker_up(worker, reports, now, now_ns), now)
        return self._after(found, now, now_ns)

    def worker_lost(
        self, source: str, name: str, reason: str, now: float, now_ns: int
    ) -> list[Instruction]:
        """Take a worker out."""
        return self._ask(source, now, now_ns, lambda it: it.worker_lost(name, reason, now, now_ns))

    def report(
        self, source: str, name: str, report: Report, now: float, now_ns: int
    ) -> list[Instruction]:
        """Take what a leg says of itself."""
        return self._ask(source, now, now_ns, lambda it: it.report(name, report, now, now_ns))

    def beat(
        self, source: str, name: str, reports: Iterable[Report], now: float, now_ns: int
    ) -> list[Instruction]:
        """Compare what a worker runs with what it should run."""
        return self._ask(source, now, now_ns, lambda it: it.beat(name, reports, now, now_ns))

    def clock(self, now: float, now_ns: int) -> list[Instruction]:
        """Let time pass for all sources, and for the failover between them."""
        out: list[Instruction] = []
        for source, reconciler in self._sources.items():
            out += self._take(source, reconciler.clock(now, now_ns), now)
        for line in self._lines.values():
            if line.look_at is not None and line.look_at <= now:
                self._changed.add(line.symbol)
        return self._after(out, now, now_ns)

    # -- inside -------------------------------------------------------------------------

    def _ask(
        self,
        source: str,
        now: float,
        now_ns: int,
        question: Callable[[Reconciler], list[Instruction]],
    ) -> list[Instruction]:
        reconciler = self._sources.get(source)
        if reconciler is None:
            return []
        return self._after(self._take(source, question(reconciler), now), now, now_ns)

    def _after(self, out: list[Instruction], now: float, now_ns: int) -> list[Instruction]:
        self._settle(now, now_ns, out)
        return out

    def _begin(self, symbol: str, now: float, now_ns: int, out: list[Instruction]) -> None:
        order = self.order(symbol)
        first = order.sources[0] if order.sources else ""
        phase, code = (Phase.PENDING, "pending") if first else (Phase.FAILED, "no_source")
        status = status_of(
            *(symbol, phase, code, f"waiting for {first}" if first else order.why_none, now_ns),
            source=first or None,
            simulated=self._simulated,
        )
        self._lines[symbol] = line = Line(symbol, order, first, status)
        if first:
            self._open(line, first, now, status)
            self._changed.add(symbol)
        else:
            out.append(Publish(status))

    def _open(self, line: Line, source: str, now: float, status: Status) -> None:
        line.legs[source] = Leg(Health(healthy=False, since=now), status)
        self._desired[source].add(line.symbol)

    def _resume(self, source: str, symbol: str, now: float, now_ns: int) -> None:
        line = self._lines.get(symbol)
        if line is None or source in line.legs or source not in line.order.sources:
            return
        status = status_of(
            *(symbol, Phase.PENDING, "pending", f"waiting for {source}", now_ns),
            simulated=self._simulated,
        )
        self._open(line, source, now, status)

    def _end(self, symbol: str, now_ns: int, out: list[Instruction]) -> None:
        line = self._lines.pop(symbol)
        self._changed.discard(symbol)
        for source in line.legs:
            self._desired[source].discard(symbol)
        closed = status_of(
            *(symbol, Phase.CLOSED, "closed", "nobody wants this ticker", now_ns),
            source=line.status.source,
            simulated=line.status.simulated,
        )
        out += [Publish(closed), ForgetValues(symbol)]

    def _rewant(self, source: str, now: float, now_ns: int) -> list[Instruction]:
        return self._sources[source].want(self._desired[source], now, now_ns)

    def _take(
        self, source: str, instructions: Iterable[Instruction], now: float
    ) -> list[Instruction]:
        """Keep what a source says of its legs; return what is for the outside."""
        out: list[Instruction] = []
        for one in instructions:
            match one:
                case Publish(status):
                    self._hear(source, status, now, out)
                case ForgetValues():
                    pass  # another source may hold the ticker: its end is decided here
                case _:
                    out.append(one)
        return out

    def _hear(self, source: str, status: Status, now: float, out: list[Instruction]) -> None:
        line = self._lines.get(status.symbol)
        leg = line.legs.get(source) if line is not None else None
        if line is None or leg is None:
            return
        leg.status = status
        healthy = status.phase in _HEALTHY and status.data is DataState.OK
        if healthy or status.phase not in _OPENING:
            leg.trouble = None if healthy else status
        former = leg.health
        since = now if former.healthy != healthy else former.since
        tried = former.tried or healthy or status.phase is Phase.RETRYING
        leg.health = Health(healthy, since, tried, over=status.phase in _OVER)
        if leg.health != former:
            self._changed.add(line.symbol)
        if source == line.active:
            self._say(line, status, out)

    def _say(self, line: Line, status: Status, out: list[Instruction]) -> None:
        if status.phase in _ILL and line.order.held:
            status = replace(status, text=f"{status.text}; {line.order.held}")
        line.status = status
        out.append(Publish(status))

    def _settle(self, now: float, now_ns: int, out: list[Instruction]) -> None:
        """Carry out what failover decides; each pass may bring news that ask for another."""
        for _ in range(len(self._sources) + 2):
            touched: set[str] = set()
            for symbol in sorted(self._changed):
                self._changed.discard(symbol)
                self._decide(self._lines[symbol], now, touched, out)
            # A symbol may have left a source without any decision: its ticker was ended.
            for source, reconciler in self._sources.items():
                if source in touched or reconciler.wanted != self._desired[source]:
                    out += self._take(source, self._rewant(source, now, now_ns), now)
            if not self._changed:
                return

    def _decide(self, line: Line, now: float, touched: set[str], out: list[Instruction]) -> None:
        health = {source: leg.health for source, leg in line.legs.items()}
        found = decide(line.order.sources, health, line.active, now, self._failover)
        line.look_at = found.look_at
        if found.active != line.active:
            self._switch(line, found.active, out)
        for source in line.legs.keys() - set(found.running):
            del line.legs[source]
            self._desired[source].discard(line.symbol)
            touched.add(source)
        for source in found.running:
            if source not in line.legs:
                waiting = f"waiting for {source}"
                status = replace(line.status, phase=Phase.PENDING, code="pending", text=waiting)
                self._open(line, source, now, status)
                touched.add(source)
                self._changed.add(line.symbol)

    def _switch(self, line: Line, new: str, out: list[Instruction]) -> None:
        former, line.active = line.active, new
        leg = line.legs.get(former)
        trouble = (leg.trouble or leg.status) if leg is not None else line.status
        reason, text = trouble.code, f"{new} instead of {former}: {trouble.text}"
        if leg is not None and leg.health.healthy:
            reason, text = "returned", f"{new} instead of {former}: {new} is well again"
        status = line.legs[new].status
        line.status = status
        out.append(Switched(line.symbol, former, new, reason, text, status))
