"""The reconciler of one source: desired against actual, the difference as instructions.

Pure: events and times in (seconds on the caller's clock, ``now_ns`` for what people read),
instructions out. It alone decides what is opened, closed and tried again at its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.records import Phase
from cryptostream.router.instructions import (
    ClosePage,
    ForgetValues,
    Grow,
    Instruction,
    OpenPage,
    Publish,
    Rules,
    Ticker,
    Worker,
)
from cryptostream.router.placement import Placement, may_adopt
from cryptostream.router.refusal import Refusal, asked_pause
from cryptostream.router.states import (
    BLOCKED_CODES,
    INVALID_CODES,
    status_of,
    status_of_report,
)
from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.records import Status
    from cryptostream.wire.hop import Report

NS = 1_000_000_000
# A worker repeats what it runs in each beat; an instruction needs this long to get there and
# show up in a beat before its absence means that it was lost.
SETTLE = 3.0
RUNNING = frozenset({PageState.LIVE, PageState.QUIET, PageState.SUSPECT})


class Reconciler:
    """Desired symbols, the source's workers, and the way from one to the other."""

    def __init__(self, source: str, rules: Rules) -> None:
        self.source = source
        self.wanted: frozenset[str] = frozenset()
        self._rules = rules
        self._tickers: dict[str, Ticker] = {}
        self._placement = Placement(rules.ceiling)
        self._refusal = Refusal(rules)
        # Symbols with a next attempt planned, and symbols that the clock has to look at: of
        # a thousand tickers that run, neither has any.
        self._waiting: set[str] = set()
        self._unsettled: set[str] = set()
        self._generation = 0
        self.restarts = 0

    # -- what there is ------------------------------------------------------------------

    def tickers(self) -> list[Ticker]:
        """Return all desired tickers."""
        return list(self._tickers.values())

    def ticker(self, symbol: str) -> Ticker | None:
        """Return one ticker, ``None`` when nobody wants it."""
        return self._tickers.get(symbol)

    def workers(self) -> list[Worker]:
        """Return all workers that are up."""
        return self._placement.all()

    def owner(self, symbol: str) -> int | None:
        """Return the incarnation of the worker that may publish a symbol."""
        ticker = self._tickers.get(symbol)
        worker = self._placement.named(ticker.worker) if ticker else None
        return worker.incarnation if worker else None

    # -- events -------------------------------------------------------------------------

    def want(self, symbols: set[str], now: float, now_ns: int) -> list[Instruction]:
        """Say which symbols are desired, all of them."""
        out: list[Instruction] = []
        self.wanted = frozenset(symbols)
        for symbol in sorted(self._tickers.keys() - symbols):
            self._end(symbol, now_ns, out)
        for symbol in sorted(symbols - self._tickers.keys()):
            text = f"waiting for {self.source}" + ("" if self.workers() else " to start")
            status = status_of(
                *(symbol, Phase.PENDING, "pending", text, now_ns),
                source=self.source,
                simulated=self._rules.simulated,
            )
            self._tickers[symbol] = Ticker(
                symbol, status, source=self.source, simulated=self._rules.simulated
            )
            self._waiting.add(symbol)
            self._unsettled.add(symbol)
            out.append(Publish(status))
        out.extend(self.clock(now, now_ns))
        return out

    def worker_up(
        self, worker: Worker, reports: Iterable[Report], now: float, now_ns: int
    ) -> list[Instruction]:
        """Take a worker in, with the tickers that it already runs."""
        out: list[Instruction] = []
        former = self._placement.named(worker.worker)
        if former is not None and former.incarnation == worker.incarnation:
            worker = former
        elif former is not None:
            out += self.worker_lost(former.worker, "it was replaced", now, now_ns)
        self._placement.up(worker)
        for report in reports:
            self._adopt(worker, report, now, out)
        out.extend(self.clock(now, now_ns))
        return out

    def worker_lost(self, name: str, reason: str, now: float, now_ns: int) -> list[Instruction]:
        """Take a worker out; what it ran is opened elsewhere, or there when it is back."""
        out: list[Instruction] = []
        worker = self._placement.down(name)
        if worker is None:
            return out
        for symbol in sorted(worker.pages):
            ticker = self._tickers.get(symbol)
            if ticker is not None and ticker.worker == name:
                ticker.worker = None
                text = f"{name} is gone ({reason}); the ticker is opened again"
                self._again(ticker, "worker_lost", text, now, now_ns, out)
        out.extend(self.clock(now, now_ns))
        return out

    def report(self, name: str, report: Report, now: float, now_ns: int) -> list[Instruction]:
        """Take what a page says of itself; a late word of an old page changes nothing."""
        out: list[Instruction] = []
        ticker = self._tickers.get(report.symbol)
        if ticker is None or ticker.worker != name or ticker.generation != report.generation:
            return out
        ticker.reported_ns = max(ticker.reported_ns, report.ts)
        if report.state in (PageState.FAILED, PageState.CLOSED):
            self._placement.release(ticker)
            ticker.simulated = report.simulated or ticker.simulated
            self._failed(ticker, report, now, now_ns, out)
        else:
            self._running(ticker, report, now, out)
        self._place_due(now, now_ns, out)
        return out

    def beat(
        self, name: str, reports: Iterable[Report], now: float, now_ns: int
    ) -> list[Instruction]:
        """Compare what a worker runs with what it should run; mend what was lost between."""
        worker = self._placement.named(name)
        if worker is None:
            return []
        out: list[Instruction] = []
        seen: set[str] = set()
        for report in reports:
            ticker = self._tickers.get(report.symbol)
            known = ticker is not None and ticker.worker == name
            if ticker is None or not known or ticker.generation != report.generation:
                out.append(ClosePage(name, report.symbol, report.generation))
                continue
            seen.add(report.symbol)
            # A beat travels on another socket: what it says may be older than the last report.
            differs = (report.state, report.code) != (ticker.state, ticker.status.code)
            if differs and report.ts >= ticker.reported_ns:
                out += self.report(name, report, now, now_ns)
        for symbol in sorted(worker.pages - seen):
            ticker = self._tickers.get(symbol)
            if ticker is not None and now - ticker.assigned_at > SETTLE:
                self._placement.release(ticker)
                self._again(
                    ticker, "page_lost", "it runs no more, and nobody said why", now, now_ns, out
                )
        return out

    def retry(self, symbol: str, now: float, now_ns: int) -> list[Instruction]:
        """Begin a ticker anew that was given up; one that is still tried is left alone."""
        out: list[Instruction] = []
        ticker = self._tickers.get(symbol)
        if ticker is None or ticker.worker is not None or ticker.next_at is not None:
            return out
        ticker.attempt = 0
        ticker.next_at = now
        self._waiting.add(symbol)
        self._unsettled.add(symbol)
        self._say(ticker, Phase.PENDING, "pending", "asked to try again", now_ns, out)
        out.extend(self.clock(now, now_ns))
        return out

    def clock(self, now: float, now_ns: int) -> list[Instruction]:
        """Open what is due, give up what takes too long, forgive what runs stably."""
        out: list[Instruction] = []
        for symbol in sorted(self._unsettled):
            ticker = self._tickers[symbol]
            self._forgive(ticker, now)
            if self._overdue(ticker, now):
                if ticker.worker is not None:
                    out.append(ClosePage(ticker.worker, ticker.symbol, ticker.generation))
                self._placement.release(ticker)
                text = f"no price within {self._rules.open_within:.0f} s"
                self._again(ticker, "open_timeout", text, now, now_ns, out)
            elif ticker.attempt == 0 and ticker.state not in (None, PageState.LOADING):
                self._unsettled.discard(symbol)
        self._place_due(now, now_ns, out)
        return out

    def _place_due(self, now: float, now_ns: int, out: list[Instruction]) -> None:
        for ticker in sorted((self._tickers[one] for one in self._waiting), key=_due_order):
            if ticker.next_at is not None and ticker.next_at <= now:
                self._place(ticker, now, now_ns, out)

    # -- rules --------------------------------------------------------------------------

    def _adopt(self, worker: Worker, report: Report, now: float, out: list[Instruction]) -> None:
        ticker = self._tickers.get(report.symbol)
        self._generation = max(self._generation, report.generation)
        ended = report.state in (PageState.FAILED, PageState.CLOSED)
        if ticker is None or ended or not may_adopt(worker, ticker, report):
            out.append(ClosePage(worker.worker, report.symbol, report.generation))
            return
        self._placement.put(ticker, worker, report.generation, now)
        self._waiting.discard(ticker.symbol)
        self._unsettled.add(ticker.symbol)
        self._running(ticker, report, now, out)

    def _running(self, ticker: Ticker, report: Report, now: float, out: list[Instruction]) -> None:
        if report.state in RUNNING:
            ticker.live_since = now if ticker.live_since is None else ticker.live_since
            self._refusal.forgive()
        else:
            ticker.live_since = None
        ticker.state = report.state
        ticker.simulated = report.simulated or self._rules.simulated
        self._placement.note_state(ticker)
        status = status_of_report(report, self.source, ticker.attempt, simulated=ticker.simulated)
        self._set(ticker, status, out)

    def _failed(
        self, ticker: Ticker, report: Report, now: float, now_ns: int, out: list[Instruction]
    ) -> None:
        if report.code in INVALID_CODES:
            self._give_up(ticker)
            self._say(ticker, Phase.INVALID, report.code, report.text, now_ns, out)
            return
        if report.code in BLOCKED_CODES:
            self._refusal.note(report, now)
        if not report.retriable:
            self._give_up(ticker)
            self._say(ticker, Phase.FAILED, report.code, report.text, now_ns, out)
            return
        self._again(ticker, report.code, report.text, now, now_ns, out, asked=asked_pause(report))

    def _again(
        self,
        ticker: Ticker,
        code: str,
        text: str,
        now: float,
        now_ns: int,
        out: list[Instruction],
        *,
        asked: float = 0.0,
    ) -> None:
        self.restarts += 1
        ticker.attempt += 1
        ticker.state = None
        ticker.live_since = None
        if self._rules.give_up_after and ticker.attempt > self._rules.give_up_after:
            self._give_up(ticker)
            gave_up = f"{text}; given up after {_counted(ticker.attempt - 1, 'attempt')}"
            self._say(ticker, Phase.FAILED, code, gave_up, now_ns, out)
            return
        self._waiting.add(ticker.symbol)
        self._unsettled.add(ticker.symbol)
        pause = max(self._rules.delay(ticker.attempt), asked)
        ticker.next_at = max(now + pause, self._refusal.until)
        ts_next = now_ns + int((ticker.next_at - now) * NS)
        self._say(ticker, Phase.RETRYING, code, text, now_ns, out, ts_next=ts_next)

    def _give_up(self, ticker: Ticker) -> None:
        ticker.next_at = None
        self._waiting.discard(ticker.symbol)
        self._unsettled.discard(ticker.symbol)

    def _place(self, ticker: Ticker, now: float, now_ns: int, out: list[Instruction]) -> None:
        if now < self._refusal.until:
            return
        if self._placement.full:
            self._no_room(ticker, now_ns, out)
            return
        worker = self._placement.next()
        if worker is None:
            return  # a ticker that becomes live or fails brings us back here
        self._generation += 1
        self._placement.put(ticker, worker, self._generation, now)
        ticker.state = PageState.LOADING
        self._placement.note_state(ticker)
        self._waiting.discard(ticker.symbol)
        self._unsettled.add(ticker.symbol)
        self._say(ticker, Phase.LOADING, "loading", self._rules.loading, now_ns, out)
        out.append(OpenPage(worker.worker, ticker.symbol, ticker.generation))

    def _no_room(self, ticker: Ticker, now_ns: int, out: list[Instruction]) -> None:
        if self._placement.may_grow:
            needed = self._placement.ask_for_one()
            if needed is not None:
                out.append(Grow(needed))
        elif ticker.status.code != "no_capacity":
            self._say(ticker, Phase.FAILED, "no_capacity", self._rules.no_room, now_ns, out)

    def _overdue(self, ticker: Ticker, now: float) -> bool:
        opening = ticker.worker is not None and ticker.state in (None, PageState.LOADING)
        return opening and now - ticker.assigned_at >= self._rules.open_within

    def _forgive(self, ticker: Ticker, now: float) -> None:
        since = ticker.live_since
        if ticker.attempt and since is not None and now - since >= self._rules.stable_after:
            ticker.attempt = 0

    def _end(self, symbol: str, now_ns: int, out: list[Instruction]) -> None:
        ticker = self._tickers.pop(symbol)
        self._waiting.discard(symbol)
        self._unsettled.discard(symbol)
        if ticker.worker is not None:
            out.append(ClosePage(ticker.worker, symbol, ticker.generation))
            self._placement.release(ticker)
        self._say(ticker, Phase.CLOSED, "closed", "nobody wants this ticker", now_ns, out)
        out.append(ForgetValues(symbol))

    def _say(
        self,
        ticker: Ticker,
        phase: Phase,
        code: str,
        text: str,
        now_ns: int,
        out: list[Instruction],
        *,
        ts_next: int | None = None,
    ) -> None:
        status = status_of(
            ticker.symbol,
            phase,
            code,
            text,
            now_ns,
            source=self.source,
            attempt=ticker.attempt,
            ts_next=ts_next,
            simulated=ticker.simulated,
        )
        self._set(ticker, status, out)

    def _set(self, ticker: Ticker, status: Status, out: list[Instruction]) -> None:
        same = _said(ticker.status) == _said(status)
        ticker.status = status
        if not same:
            out.append(Publish(status))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _said(status: Status) -> tuple[object, ...]:
    """Return what a status says apart from its time: saying it again helps nobody."""
    return (
        *(status.phase, status.data, status.code, status.text, status.attempt, status.ts_next),
        *(status.source, status.simulated),
    )


def _due_order(ticker: Ticker) -> tuple[float, str]:
    return (ticker.next_at if ticker.next_at is not None else float("inf"), ticker.symbol)
