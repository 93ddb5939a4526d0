"""One exchange: connected while somebody wants it, left alone for a while after each failure."""

from __future__ import annotations

import asyncio
import importlib
import random
import time
from typing import TYPE_CHECKING, Any

from cryptostream.errors import SourceError
from cryptostream.records import Tick
from cryptostream.sources.ccxt.methods import POLLED_INSTEAD, methods_of
from cryptostream.sources.ccxt.pauses import failures_after, pause_after
from cryptostream.sources.ccxt.said import moment
from cryptostream.sources.ccxt.tickers import Tickers
from cryptostream.sources.reporting import failed_report
from cryptostream.wire.hop import Report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from cryptostream.config.ccxt import Ccxt
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.ccxt.said import Said
    from cryptostream.sources.ccxt.table import Table

# Loading the library takes a second: it is loaded in a thread, once somebody wants an exchange.
_LIFE = "cryptostream.sources.ccxt.life"


class Venue:
    """The actor of one exchange, in the loop of the feeds process; ``ccxt_id`` is ccxt's name."""

    def __init__(self, ccxt_id: str, settings: Ccxt, outlet: Outlet) -> None:
        self._id = ccxt_id
        self._settings = settings
        self._outlet = outlet
        self._tickers = Tickers(settings.silence, settings.first_value_timeout)
        self._changed = asyncio.Event()
        self._table: Table | None = None
        self._streams = True
        self._failures = 0
        self.connected = False
        self.connections = 0
        self.failed = 0
        self.why = ""

    def __len__(self) -> int:
        return len(self._tickers)

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return self._tickers.reports()

    def open(self, symbol: str, generation: int) -> None:
        """Begin to deliver a symbol, in place of an older generation of it."""
        others = {report.symbol for report in self.reports()} - {symbol}
        if len(others) >= self._settings.max_symbols:
            text = f"{self._id} carries {len(others)} tickers already"
            error = SourceError(text, code="no_capacity", hint="raise sources.ccxt.max_symbols")
            self._say([failed_report(symbol, generation, error, moment().now_ns)])
            return
        self._say(self._tickers.open(symbol, generation, moment()))
        self._changed.set()

    def close(self, symbol: str, generation: int) -> None:
        """End a symbol if it still has this generation."""
        self._say(self._tickers.close(symbol, generation, moment()))
        self._changed.set()

    async def run(self) -> None:
        """Hold the connections until cancelled, and close them then."""
        while True:
            await self._wanted()
            began = time.monotonic()
            try:
                await self._connect()
            except SourceError as error:
                self._failures = failures_after(self._failures, time.monotonic() - began) + 1
                await self._set_back(error)

    async def _wanted(self) -> None:
        """Wait until there is a ticker; what went wrong for others is over by then."""
        while not len(self._tickers):
            self._tickers.untroubled(moment())
            self._changed.clear()
            await self._changed.wait()

    async def _connect(self) -> None:
        """Live through one connection.

        Raises:
            SourceError: it has failed.

        """
        try:
            life = await asyncio.to_thread(importlib.import_module, _LIFE)
        except ImportError as error:
            raise SourceError(
                f"the library ccxt cannot be loaded: {error}",
                code="missing_extra",
                hint="pip install 'cryptostream[ccxt]'",
                retriable=False,
            ) from error
        self._table = await life.table_of(self._id, self._settings, self._table)
        exchange = await asyncio.to_thread(life.build, self._id, self._settings)
        self.connections += 1
        self.connected = True
        try:
            await self._live(life, exchange, self._table)
        finally:
            await life.close(exchange)
            self.connected = False

    async def _live(self, life: ModuleType, exchange: Any, table: Table) -> None:  # noqa: ANN401
        table.hand_to(exchange)
        self._tickers.simulated = table.simulated
        self._tickers.untroubled(moment())
        self.why = ""
        methods = methods_of(self._id, exchange.has, streams=self._streams)
        one = life.Life(
            exchange, table, methods, self._settings, self._tickers, self._say, self._changed
        )
        try:
            await one.run()
        finally:
            self._table = one.table

    async def _set_back(self, error: SourceError) -> None:
        """Say what has happened, and leave the exchange alone for a while."""
        self.failed += 1
        self.why = error.message
        if error.code in POLLED_INSTEAD and self._streams:
            self._streams = False
            return
        if not error.retriable:
            self._say(self._tickers.refuse_all(error, moment()))
            return
        # Reproducible it need not be, nor secret.
        chance = random.random()  # noqa: S311
        pause = pause_after(self._failures, error.code, error.retry_after, chance)
        self._say(self._tickers.failed(error, f"the next try is in {pause:.1f} s", moment()))
        await asyncio.sleep(pause)

    def _say(self, said: Iterable[Said]) -> None:
        for word in said:
            if isinstance(word, Report):
                self._outlet.report(word)
            elif isinstance(word, Tick):
                self._outlet.tick(word)
            else:
                self._outlet.trade(word)
