"""The source ``coingecko``: one poll for all tickers. The shell around plan and tickers."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import aiohttp

from cryptostream.errors import SourceError
from cryptostream.records import Tick
from cryptostream.sources.coingecko import listing
from cryptostream.sources.coingecko.answers import coins_by_symbol, quotes_in
from cryptostream.sources.coingecko.border import fetch
from cryptostream.sources.coingecko.coins import (
    Price,
    found_in_list,
    ids_by_asset,
    need_of,
    unknown,
)
from cryptostream.sources.coingecko.keys import key_headers
from cryptostream.sources.coingecko.plan import Plan, budget_of
from cryptostream.sources.coingecko.tickers import SOURCE, Tickers
from cryptostream.sources.directory.cache import cache_dir
from cryptostream.sources.reporting import failed_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cryptostream.config.coingecko import CoinGecko
    from cryptostream.sources.base import Outlet
    from cryptostream.sources.coingecko.border import Answer
    from cryptostream.sources.coingecko.plan import Call
    from cryptostream.sources.coingecko.tickers import Said
    from cryptostream.wire.hop import Report

# The age of values is looked at so often at least (s).
_LOOK = 1.0


class CoinGeckoSource:
    """Runs in the loop of the feeds process. ``environ`` and ``place`` stand in for the real."""

    name = SOURCE

    def __init__(
        self,
        settings: CoinGecko,
        outlet: Outlet,
        *,
        environ: Mapping[str, str] | None = None,
        place: Path | None = None,
    ) -> None:
        self._settings = settings
        self._outlet = outlet
        self._environ = os.environ if environ is None else environ
        base = settings.pro_base_url if settings.plan == "pro" else settings.base_url
        self._base = base.rstrip("/")
        budget = budget_of(settings.plan, settings.period, settings.batch, self._base)
        self._plan = Plan(budget)
        self._tickers = Tickers(settings.stale_after, budget.period)
        self._ids = ids_by_asset(settings.ids)
        self._look = min(_LOOK, settings.stale_after / 8)
        self._file = listing.file_of(place or cache_dir(), self._base)
        self._listing: listing.Listing | None = None
        self._read = False
        self._changed = asyncio.Event()
        self._calls = self._failed = 0
        self._why = ""

    # -- what a source does -------------------------------------------------------------

    async def open(self, symbol: str, generation: int) -> None:
        """Begin to deliver a symbol, in place of an older generation of it."""
        now = time.time_ns()
        need = need_of(symbol)
        try:
            if need is None:
                raise unknown(f"CoinGecko has no currency for {symbol}")
            coin = self._ids.get(need.asset)
            if coin is None and not self._settings.list_lookup:
                raise unknown(f"sources.coingecko.ids does not say which coin {need.asset} is")
        except SourceError as error:
            self._outlet.report(failed_report(symbol, generation, error, now))
            return
        price = None if coin is None else Price(coin, need.currency)
        self._say(self._tickers.open(symbol, generation, need, price, now))
        self._wish()

    async def close(self, symbol: str, generation: int) -> None:
        """End a symbol if it still has this generation."""
        self._say(self._tickers.close(symbol, generation, time.time_ns()))
        self._wish()

    def reports(self) -> list[Report]:
        """Return the present state of everything that is open."""
        return self._tickers.reports()

    def describe(self) -> dict[str, str | int | float | None]:
        """Return counters for people."""
        due = self._plan.due()
        return {
            "calls": self._calls,
            "failed": self._failed,
            "coins": len({price.coin for price in self._tickers.prices()}),
            "next_in": None if due is None else round(max(0.0, due - time.monotonic()), 1),
            "why": self._why,
        }

    async def run(self) -> None:
        """Ask when it is due, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                await self._resolve(http)
                call = self._plan.next(time.monotonic())
                if call is None:
                    await self._rest()
                else:
                    await self._poll(http, call)
                self._say(self._tickers.clock(time.time_ns()))

    # -- asking -------------------------------------------------------------------------

    async def _poll(self, http: aiohttp.ClientSession, call: Call) -> None:
        params = {
            "ids": ",".join(call.coins),
            "vs_currencies": ",".join(call.currencies),
            "include_24hr_change": "true",
            "include_last_updated_at": "true",
            "precision": "full",
        }
        try:
            answer = await self._ask(http, "simple/price", params)
            quotes = quotes_in(answer.value, call.currencies)
        except SourceError as error:
            self._fail(error, call.coins)
            return
        self._went_well()
        now = time.time_ns()
        said = self._tickers.answered(call.coins, quotes, now, simulated=answer.simulated)
        self._say(said)
        self._outlet.flush()
        self._wish()

    async def _ask(
        self, http: aiohttp.ClientSession, path: str, params: Mapping[str, str]
    ) -> Answer:
        self._calls += 1
        headers = await asyncio.to_thread(key_headers, self._settings, self._environ)
        return await fetch(http, f"{self._base}/{path}", params, headers)

    def _fail(self, error: SourceError, coins: Iterable[str]) -> None:
        self._failed += 1
        self._why = error.message
        limited = error.code == "rate_limited"
        pause = self._plan.failed(coins, time.monotonic(), error.retry_after, limited=limited)
        self._say(self._tickers.failed(error, pause, time.time_ns()))

    def _went_well(self) -> None:
        self._why = ""
        self._plan.answered()

    # -- the list of coins --------------------------------------------------------------

    async def _resolve(self, http: aiohttp.ClientSession) -> None:
        """Find the coins of assets that the settings do not name."""
        if not self._tickers.unresolved():
            return
        kept = await self._coins(http)
        if kept is None:
            return
        for ticker in self._tickers.unresolved():
            now = time.time_ns()
            try:
                coin = found_in_list(ticker.need.asset, kept.coins)
            except SourceError as error:
                self._outlet.report(self._tickers.refuse(ticker, error, now))
            else:
                self._ids[ticker.need.asset] = coin
                self._say(self._tickers.resolve(ticker, Price(coin, ticker.need.currency), now))
        self._wish()

    async def _coins(self, http: aiohttp.ClientSession) -> listing.Listing | None:
        """Return the list of coins: from disk, or a new one when that is old."""
        if not self._read:
            self._listing = await asyncio.to_thread(listing.read, self._file, self._base)
            self._read = True
        old = self._listing is None or self._listing.is_old(time.time_ns() / 1e9)
        if old and self._plan.spend(time.monotonic()):
            await self._fetch_list(http)
        # Without a new list an old one is better than none.
        return self._listing

    async def _fetch_list(self, http: aiohttp.ClientSession) -> None:
        try:
            answer = await self._ask(http, "coins/list", {})
            coins = coins_by_symbol(answer.value)
        except SourceError as error:
            self._fail(error, ())
            return
        self._went_well()
        fresh = listing.Listing(url=self._base, fetched=time.time_ns() / 1e9, coins=coins)
        self._listing = fresh
        await asyncio.to_thread(listing.write, self._file, fresh)

    # -- waiting and telling ------------------------------------------------------------

    async def _rest(self) -> None:
        """Wait until something is due or wanted, for a moment at most."""
        now = time.monotonic()
        due = self._plan.due()
        pause = self._look if due is None else min(self._look, max(0.0, due - now))
        try:
            async with asyncio.timeout(pause):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def _wish(self) -> None:
        self._plan.want(self._tickers.prices(), time.monotonic())
        self._changed.set()

    def _say(self, said: Iterable[Said]) -> None:
        for word in said:
            if isinstance(word, Tick):
                self._outlet.tick(word)
            else:
                self._outlet.report(word)
