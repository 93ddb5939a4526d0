"""The source ``binance``: tickers, their streams, and what REST is asked about them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import time
from typing import TYPE_CHECKING

import aiohttp
from msgspec.structs import replace

from cryptostream.errors import ConfigError, ProtocolError
from cryptostream.sources.binance.asking import Asking
from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.fleet import Fleet
from cryptostream.sources.binance.inquiries import HALTED_FOR
from cryptostream.sources.binance.intake import Publisher
from cryptostream.sources.binance.listing import TRADING
from cryptostream.sources.binance.quotes import NS_PER_S, SOURCE, Counts, Quotes
from cryptostream.sources.binance.shards import Rules
from cryptostream.sources.binance.tickers import Ticker, Tickers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptostream.config.binance import Binance
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.binance.inquiries import Verdict
    from cryptostream.sources.binance.listing import Day
    from cryptostream.wire.hop import Report

# How often (s) silence is looked for.
LOOK = 0.25


def kinds_of(settings: Binance) -> tuple[str, ...]:
    """Return the streams of each ticker.

    Raises:
        ConfigError: all are switched off.

    """
    kinds = ("trade",) * settings.trades + ("bookTicker",) * settings.book
    if settings.day != "off":
        kinds += (settings.day,)
    if not kinds or kinds == ("bookTicker",):
        raise ConfigError(
            "sources.binance: no stream that has a last price is switched on",
            hint="switch on sources.binance.trades or sources.binance.day",
        )
    return kinds


class BinanceSource:
    """A :class:`~cryptostream.sources.base.Feed`; it lives in the loop of its process."""

    name = SOURCE

    def __init__(self, settings: Binance, outlet: Outlet) -> None:
        # Chance spreads retries; nothing depends on its quality.
        chance = random.SystemRandom().random
        rules = Rules(
            kinds=kinds_of(settings),
            streams_per_connection=settings.streams_per_connection,
            messages_per_second=settings.messages_per_second,
            attempts=settings.attempts_per_5min,
            reconnect_after=settings.reconnect_after,
            overlap=settings.overlap,
            backoff_first=settings.backoff_first,
            backoff_cap=settings.backoff_cap,
            chance=chance,
        )
        self._settings = settings
        self._outlet = outlet
        self._counts = Counts()
        self._tickers = Tickers(settings, outlet, self._counts)
        self._publisher = Publisher(outlet, self)
        self._fleet = Fleet(settings, rules, self, self._publisher, self._counts, outlet.flush)
        self._asking = Asking(settings, self, chance)
        self._looked_at = 0.0
        self._awake = asyncio.Event()

    # -- the interface ------------------------------------------------------------------

    async def open(self, symbol: str, generation: int) -> None:
        """Begin to deliver a symbol, in place of an older generation of it."""
        now, now_ns = time.monotonic(), time.time_ns()
        ticker = self._tickers.open(symbol, generation, now, now_ns)
        self.wake()
        if len(ticker.reports) == 1 and not ticker.was_live:
            verdict = self._asking.inquiries.check(ticker.name, now)
            if verdict is not None:
                self.on_verdict(verdict)
            return
        self._look(ticker)
        if ticker.quotes.fresh and ticker.quotes.tick is not None:
            self._outlet.tick(replace(ticker.quotes.tick, symbol=symbol))

    async def close(self, symbol: str, generation: int) -> None:
        """End a symbol if it still has this generation; unknown ones are ignored."""
        ticker = self._tickers.close(symbol, generation, time.time_ns())
        if ticker is not None:
            self._forget(ticker)
            self.wake()

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return self._tickers.reports()

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        return {
            "tickers": len(self._tickers.all()),
            "host": self._fleet.hosts.current(time.monotonic()),
            "questions": self._asking.asked,
            "weight": self._asking.weight,
            **self._fleet.describe(),
            **dataclasses.asdict(self._counts),
        }

    async def run(self) -> None:
        """Hold the connections until cancelled, and close all of them then."""
        timeout = aiohttp.ClientTimeout(total=self._settings.connect_timeout)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            asyncio.TaskGroup() as group,
        ):
            self._fleet.start(group)
            while True:
                now = time.monotonic()
                self._fleet.step(now)
                self._asking.step(http, group, now)
                if now - self._looked_at >= LOOK:
                    self._looked_at = now
                    self._look_at_all(now)
                await self._rest_until(self._fleet.shards.wake_at(time.monotonic()))

    def wake(self) -> None:
        """Something may be due."""
        self._awake.set()

    async def _rest_until(self, at: float) -> None:
        pause = min(LOOK, max(0.0, at - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._awake.wait()
        self._awake.clear()

    # -- how the tickers are doing ------------------------------------------------------

    def look_at(self, quotes: Quotes) -> None:
        """Report how a ticker is doing, before the record that shows it goes out."""
        ticker = self._tickers.get(quotes.ticker)
        if ticker is not None:
            self._look(ticker)

    def _look_at_all(self, now: float) -> None:
        now_ns = time.time_ns()
        quiet_ns = self._settings.quiet_after * NS_PER_S
        for ticker in self._tickers.all():
            quotes = ticker.quotes
            if quotes.settled and now_ns - quotes.heard_ns <= quiet_ns:
                continue
            waited = now - ticker.opened_at
            if (
                not (quotes.fresh or ticker.probed)
                and waited > self._settings.first_value_timeout / 2
            ):
                ticker.probed = True
                self._asking.inquiries.day(ticker.name)
            self._look(ticker)

    def _look(self, ticker: Ticker) -> None:
        shards, now = self._fleet.shards, time.monotonic()
        over = self._tickers.look(
            ticker,
            carried=ticker.quotes.streamed or shards.carries(ticker.name),
            trouble=shards.trouble(ticker.name, now),
            now=now,
            now_ns=time.time_ns(),
        )
        if over:
            self._forget(ticker)

    def _fail(self, ticker: Ticker, trouble: Trouble) -> None:
        self._tickers.fail(ticker, trouble, time.time_ns())
        self._forget(ticker)

    def _forget(self, ticker: Ticker) -> None:
        self._fleet.forget(ticker.name)
        self._asking.inquiries.forget(ticker.name)

    # -- what the fleet tells -----------------------------------------------------------

    def quotes_of(self, ticker: str) -> Quotes | None:
        """Return the quotes of an open ticker."""
        found = self._tickers.get(ticker)
        return None if found is None else found.quotes

    def on_carried(self, tickers: Iterable[str]) -> None:
        """Their streams are subscribed; a fresh value is asked for where none came yet."""
        self._know_simulated()
        for ticker in self._opened(tickers):
            if not ticker.quotes.fresh:
                self._asking.inquiries.day(ticker.name)
            self._look(ticker)

    def on_lost(self, tickers: Iterable[str]) -> None:
        """Nothing carries them any more: that is said at once."""
        for ticker in self._opened(tickers):
            ticker.quotes.interrupted()
            self._look(ticker)

    def on_given_up(self, tickers: Iterable[str], trouble: Trouble) -> None:
        """They will not be carried."""
        for ticker in self._opened(tickers):
            self._fail(ticker, trouble)

    def _opened(self, names: Iterable[str]) -> list[Ticker]:
        found = (self._tickers.get(name) for name in names)
        return [ticker for ticker in found if ticker is not None]

    # -- what REST tells ----------------------------------------------------------------

    def on_verdict(self, verdict: Verdict) -> None:
        """Carry a ticker that is listed, or when nobody can say; end one that is not."""
        ticker = self._tickers.get(verdict.ticker)
        if ticker is None:
            return
        self._know_simulated()
        listed = verdict.listed
        if verdict.decided and listed is None:
            text = f"{ticker.name} is not listed by {self._settings.exchange}"
            self._fail(ticker, Trouble("unknown_symbol", text, retriable=False))
        elif listed is not None and listed.status != TRADING:
            text = f"{ticker.name} exists, but its status is {listed.status}"
            self._fail(ticker, Trouble("halted", text, retry_after=HALTED_FOR))
        else:
            if listed is not None:
                ticker.quotes.fit(listed.grid)
            self._fleet.shards.add(ticker.name, time.monotonic())
            self._asking.inquiries.day(ticker.name)
            self.wake()

    def on_days(self, days: Mapping[str, Day], *, simulated: bool) -> None:
        """Publish first values, where no stream was faster."""
        self._know_simulated()
        for ticker in self._opened(days):
            try:
                tick = ticker.quotes.polled(days[ticker.name], time.time_ns(), simulated=simulated)
            except ProtocolError:
                # It never traded, for example; the stream decides.
                self._counts.malformed += 1
                continue
            if tick is not None:
                self._publisher.tick(ticker.quotes, tick)

    def _know_simulated(self) -> None:
        self._tickers.simulated = self._fleet.simulated or self._asking.simulated
