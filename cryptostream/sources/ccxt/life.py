"""One connection to an exchange, from its markets to its failure, or until nobody wants it.

Each group of markets that were opened together is followed by tasks of its own, so that a new
ticker never disturbs the others. The first task that fails ends all.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.following import Following
from cryptostream.sources.ccxt.library import build, close, silent_for
from cryptostream.sources.ccxt.markets import market_of
from cryptostream.sources.ccxt.said import moment
from cryptostream.sources.ccxt.table import loaded, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from cryptostream.config.ccxt import Ccxt
    from cryptostream.sources.ccxt.methods import Methods
    from cryptostream.sources.ccxt.said import Said
    from cryptostream.sources.ccxt.table import Table
    from cryptostream.sources.ccxt.tickers import Ticker, Tickers

# What a venue needs of the parts that load the library.
__all__ = ["Life", "build", "close", "table_of"]

# Tickers that are opened within so long (s) become one group.
GATHER = 0.1
# Silence is looked at so often (s), or more often where little of it is allowed.
LOOK = 0.5
# An exchange that nobody wants keeps its connection for so long (s).
LINGER = 5.0
# Before a market is called unknown or halted, a table older than this (s) is loaded anew.
FRESH = 60.0
# More markets than this that are followed for nobody are worth a new connection.
WASTE = 20


class Life:
    """Follows what ``tickers`` wants; ``say`` passes on what they have to say."""

    def __init__(
        self,
        exchange: Any,  # noqa: ANN401
        table: Table,
        methods: Methods,
        settings: Ccxt,
        tickers: Tickers,
        say: Callable[[Iterable[Said]], None],
        changed: asyncio.Event,
    ) -> None:
        self.table = table
        self._exchange = exchange
        self._methods = methods
        self._settings = settings
        self._tickers = tickers
        self._say = say
        self._changed = changed
        self._followed: set[str] = set()
        self._wanted = time.monotonic()
        self._following = Following(exchange, settings, tickers, say, self._start)
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Follow until nobody has wanted anything for a while, or a new connection is better.

        Raises:
            SourceError: the connection is lost, or the exchange refuses us.

        """
        failed: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                await self._attend()
                for task in self._tasks:
                    task.cancel()
        except* SourceError as errors:
            failed += errors.exceptions
        if failed:
            raise failed[0]

    async def _attend(self) -> None:
        while not self._is_over():
            await self._resolve()
            self._begin()
            self._look()
            await self._rest()

    def _is_over(self) -> bool:
        now = time.monotonic()
        if len(self._tickers):
            self._wanted = now
        wasted = len(self._followed - self._tickers.markets())
        if wasted > max(WASTE, len(self._tickers)):
            text = f"a new connection is made, without {wasted} markets that nobody wants"
            self._say(self._tickers.failed(SourceError(text, code="renewed"), "", moment()))
            return True
        return now - self._wanted > LINGER

    async def _rest(self) -> None:
        pause = min(LOOK, self._settings.silence / 8, self._settings.first_value_timeout / 8)
        try:
            async with asyncio.timeout(pause):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()
        await asyncio.sleep(GATHER)

    # -- new tickers --------------------------------------------------------------------

    async def _resolve(self) -> None:
        """Find the markets of new tickers."""
        refused = self._find()
        if not refused:
            return
        if time.monotonic() - self.table.loaded > FRESH:
            try:
                self.table = await loaded(self._exchange.id, self._settings)
            except SourceError as error:
                # Without a look at the new table nobody is unknown.
                refused = [(ticker, error) for ticker, _ in refused]
            else:
                self.table.hand_to(self._exchange)
                refused = self._find()
        for ticker, reason in refused:
            self._say([self._tickers.refuse(ticker, reason, moment())])

    def _find(self) -> list[tuple[Ticker, SourceError]]:
        """Find markets in the table; return the tickers without one, and why."""
        refused = []
        for ticker in self._tickers.unresolved():
            try:
                market = market_of(ticker.symbol, self.table.tickers)
            except SourceError as error:
                refused.append((ticker, error))
            else:
                self._say(self._tickers.resolve(ticker, market, moment()))
        return refused

    def _begin(self) -> None:
        """Follow what is wanted and not followed yet, as one group."""
        new = tuple(sorted(self._tickers.markets() - self._followed))
        if not new:
            return
        self._followed.update(new)
        for method in self._methods.watched:
            for markets in (new,) if method.many else [(market,) for market in new]:
                self._start(self._following.watch(method, markets))
        if self._methods.polled is not None:
            ask = self._following.poll if self._methods.polls else self._following.seed
            self._start(ask(self._methods.polled, new))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if self._group is not None:
            self._tasks.append(self._group.create_task(work))

    # -- silence -------------------------------------------------------------------------

    def _look(self) -> None:
        """Look for silence.

        Raises:
            SourceError: nothing comes over the connection, not even the answer to a ping.

        """
        at = moment()
        self._say(self._tickers.look(at))
        if not self._methods.watched or not self._followed:
            return
        silent = silent_for(self._exchange, at.now_ns)
        if silent > self._settings.silence:
            raise SourceError(
                f"{self._exchange.id} has sent nothing for {silent:.0f} s", code="silent"
            )
