"""A reconciler with a clock, for its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.router.instructions import OpenPage, Publish, Rules, Worker
from cryptostream.router.reconciler import Reconciler
from cryptostream.wire.hop import PageState, Report

if TYPE_CHECKING:
    from cryptostream.records import Phase

NS = 1_000_000_000
BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


def rules(**changed) -> Rules:
    settings = {
        "delay": float,
        "stable_after": 30.0,
        "open_within": 20.0,
        "ceiling": 1,
        "blocked_pause": 60.0,
    }
    return Rules(**(settings | changed))


def worker(
    name: str = "browser-0", incarnation: int = 1, capacity: int = 5, opening: int = 2
) -> Worker:
    return Worker(name, incarnation, "tradingview", capacity, opening)


def report(
    opened: OpenPage, state: PageState, code: str = "ok", *, retriable: bool = True, **more
) -> Report:
    return Report(
        symbol=opened.symbol,
        generation=opened.generation,
        state=state,
        code=code,
        text=code,
        ts=1,
        retriable=retriable,
        **more,
    )


def only(kind: type, out: list) -> list:
    return [one for one in out if isinstance(one, kind)]


def phases(out: list) -> list[Phase]:
    return [one.status.phase for one in only(Publish, out)]


class Case:
    """A reconciler with a clock."""

    def __init__(self, *workers: Worker, **changed) -> None:
        self.now = 100.0
        self.it = Reconciler("tradingview", rules(**changed))
        for one in workers:
            self.up(one)

    def up(self, one: Worker, *reports: Report) -> list:
        return self.it.worker_up(one, reports, self.now, self.ns)

    @property
    def ns(self) -> int:
        return int(self.now * NS)

    def want(self, *symbols: str) -> list:
        return self.it.want(set(symbols), self.now, self.ns)

    def clock(self, seconds: float = 0.0) -> list:
        self.now += seconds
        return self.it.clock(self.now, self.ns)

    def hear(self, heard: Report, name: str = "browser-0") -> list:
        return self.it.report(name, heard, self.now, self.ns)

    def beat(self, *reports: Report) -> list:
        return self.it.beat("browser-0", reports, self.now, self.ns)

    def opened(self, symbol: str = BTC) -> OpenPage:
        """Want a symbol and return the instruction that opens it."""
        [found] = only(OpenPage, self.want(symbol))
        return found

    def fails(self, opened: OpenPage, code: str = "crashed", **more) -> list:
        return self.hear(report(opened, PageState.FAILED, code, **more))

    def retry(self, symbol: str) -> list:
        return self.it.retry(symbol, self.now, self.ns)

    def status(self, symbol: str = BTC):
        return self.it.ticker(symbol).status
