"""The workers of one source, what each of them runs, and which gets the next ticker. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from cryptostream.router.instructions import Ticker, Worker
    from cryptostream.wire.hop import Report


class Placement:
    """Which worker runs which ticker; ``ceiling`` is how many workers may be asked for.

    With a ceiling of 0 the workers are just there, and nobody can be asked for one.
    """

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._workers: dict[str, Worker] = {}
        self._asked = 0

    # -- workers ------------------------------------------------------------------------

    def all(self) -> list[Worker]:
        """Return all workers that are up."""
        return list(self._workers.values())

    def named(self, name: str | None) -> Worker | None:
        """Return a worker by name; nobody's name gives ``None``."""
        return self._workers.get(name) if name else None

    def up(self, worker: Worker) -> None:
        """Take a worker in."""
        self._workers[worker.worker] = worker

    def down(self, name: str) -> Worker | None:
        """Take a worker out and return it; another may be asked for in its place."""
        worker = self._workers.pop(name, None)
        if worker is not None:
            self._asked = 0
        return worker

    # -- room ---------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether no worker has room for one more ticker."""
        return all(len(worker.pages) >= worker.capacity for worker in self._workers.values())

    @property
    def may_grow(self) -> bool:
        """Whether more workers than are up may be had, or are on their way anyway."""
        return len(self._workers) < max(1, self._ceiling)

    def ask_for_one(self) -> int | None:
        """Return how many workers are needed now; ``None`` when that has been asked before."""
        if self._asked > len(self._workers) or not self._ceiling:
            return None
        self._asked = len(self._workers) + 1
        return self._asked

    def next(self) -> Worker | None:
        """Return the worker that opens the next ticker, ``None`` while all are opening enough."""
        ready = [
            worker
            for worker in self._workers.values()
            if len(worker.pages) < worker.capacity and len(worker.loading) < worker.opening
        ]
        return min(ready, key=lambda one: (len(one.pages), one.worker), default=None)

    # -- tickers ------------------------------------------------------------------------

    def put(self, ticker: Ticker, worker: Worker, generation: int, now: float) -> None:
        """Let a worker run a ticker from now on."""
        ticker.worker = worker.worker
        ticker.generation = generation
        ticker.assigned_at = now
        worker.pages.add(ticker.symbol)

    def release(self, ticker: Ticker) -> None:
        """Note that nobody runs a ticker any more."""
        worker = self.named(ticker.worker)
        if worker is not None:
            worker.pages.discard(ticker.symbol)
            worker.loading.discard(ticker.symbol)
        ticker.worker = None

    def note_state(self, ticker: Ticker) -> None:
        """Note whether a ticker is still being opened: a worker opens few at a time."""
        worker = self.named(ticker.worker)
        if worker is None:
            return
        if ticker.state is PageState.LOADING:
            worker.loading.add(ticker.symbol)
        else:
            worker.loading.discard(ticker.symbol)


def may_adopt(worker: Worker, ticker: Ticker, report: Report) -> bool:
    """Whether a page that a worker says it runs may be the one that is wanted.

    It may not when another worker runs the symbol, when this worker has been told to run a
    newer page of it since, and when there is no room.
    """
    if ticker.worker is None:
        return len(worker.pages) < worker.capacity
    return ticker.worker == worker.worker and ticker.generation <= report.generation
