"""The symbol directory: says early, without a browser, whether a symbol exists.

Its listing comes from Binance's public REST API, is kept on disk with its age and fetched
again in the background. A check that was not possible is ``unknown``, never ``invalid``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import aiohttp
import msgspec
from loguru import logger

from cryptostream.errors import SourceError
from cryptostream.sources.retry_after import pause_of
from cryptostream.symbols import Listing, Verdict, nearest, split_symbol

if TYPE_CHECKING:
    from types import TracebackType

    from cryptostream.config.settings import Directory as DirectorySettings

EXCHANGE = "BINANCE"
# Near names for something that resembles nothing are still better than none.
_FAR = 0.3
# Between two attempts after a failure (s); the far side's Retry-After wins.
_RETRY = 15.0
_OK = 200
# The router is not held up longer than this (s) by a listing that does not come.
FIRST_LOAD = 3.0


class _Symbol(msgspec.Struct, frozen=True):
    symbol: str
    status: str = "TRADING"


class _ExchangeInfo(msgspec.Struct, frozen=True):
    symbols: list[_Symbol]


class Cached(msgspec.Struct, frozen=True):
    """A listing as it lies on disk; ``fetched`` is in seconds since the Unix epoch."""

    url: str
    fetched: float
    symbols: dict[str, str]  # ticker -> status


def judge(symbol: str, symbols: dict[str, str] | None, why_not: str) -> Verdict:
    """Return the verdict on a symbol under a listing; ``None`` for a listing that is missing."""
    exchange, ticker = split_symbol(symbol)
    if symbols is None:
        return Verdict(Listing.UNKNOWN, f"the symbol listing is not available ({why_not})")
    if exchange != EXCHANGE or ticker.endswith(".P"):
        return Verdict(Listing.UNKNOWN, f"no listing is kept of {exchange}'s such symbols")
    status = symbols.get(ticker)
    if status == "TRADING":
        return Verdict(Listing.VALID)
    if status is not None:
        return Verdict(Listing.HALTED, f"{symbol} exists, but its status is {status}")
    known = [f"{EXCHANGE}:{name}" for name, state in symbols.items() if state == "TRADING"]
    near = nearest(symbol, known) or nearest(symbol, known, cutoff=_FAR)
    return Verdict(Listing.INVALID, f"{symbol} is not listed by {exchange}", tuple(near))


def find(text: str, symbols: dict[str, str], limit: int) -> list[str]:
    """Return the symbols that begin with, contain, or resemble a text, in that order."""
    wanted = text.strip().upper().rpartition(":")[2]
    names = sorted(name for name, state in symbols.items() if state == "TRADING")
    begin = [name for name in names if name.startswith(wanted)]
    contain = [name for name in names if wanted in name and name not in begin]
    found = [f"{EXCHANGE}:{name}" for name in (*begin, *contain)][:limit]
    return found or nearest(wanted, [f"{EXCHANGE}:{n}" for n in names], limit, cutoff=_FAR)


class ListingDirectory:
    """Keeps a listing fresh; answers from memory, so that no request waits for a network."""

    def __init__(self, settings: DirectorySettings, cache_dir: Path | None = None) -> None:
        self._settings = settings
        self._cached: Cached | None = None
        self._why_not = "it is switched off" if not settings.enabled else "it is being fetched"
        self._from_disk = False
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        place = cache_dir if cache_dir is not None else _cache_dir()
        key = hashlib.sha256(settings.binance_url.encode()).hexdigest()[:16]
        self._file = place / f"listing-{key}.msgpack" if settings.cache else None

    @property
    def _active(self) -> bool:
        return self._settings.enabled and bool(self._settings.binance_url)

    async def __aenter__(self) -> Self:
        """Take the listing from disk or wait a moment for the first one, then keep it fresh."""
        if not self._active:
            return self
        await asyncio.to_thread(self._read_cache)
        self._task = asyncio.create_task(self._keep_fresh(), name="symbol listing")
        if self._cached is None:
            tried = asyncio.create_task(self._tried.wait())
            await asyncio.wait(
                [tried, self._task], timeout=FIRST_LOAD, return_when=asyncio.FIRST_COMPLETED
            )
            tried.cancel()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop fetching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def check(self, symbol: str) -> Verdict:
        """Return what is known of a symbol, at once."""
        symbols = self._cached.symbols if self._cached else None
        return judge(symbol, symbols, self._why_not)

    def search(self, text: str, limit: int) -> list[str]:
        """Return symbols that contain or resemble a text, best first."""
        return find(text, self._cached.symbols, limit) if self._cached else []

    def describe(self) -> dict[str, str | int | float | None]:
        """Return for people where the listing came from and how old it is."""
        if self._cached is None:
            return {"state": "missing", "why": self._why_not, "symbols": 0, "age": None}
        return {
            "state": "from disk" if self._from_disk else "fetched",
            "why": self._why_not if self._from_disk else "",
            "symbols": len(self._cached.symbols),
            "age": round(_wall_clock() - self._cached.fetched, 1),
        }

    # -- fetching -----------------------------------------------------------------------

    async def _keep_fresh(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                pause = self._due_in()
                if pause <= 0:
                    pause = await self._attempt(http)
                await asyncio.sleep(pause)

    def _due_in(self) -> float:
        if self._cached is None or (self._from_disk and self._why_not != ""):
            return 0.0
        return self._cached.fetched + self._settings.refresh - _wall_clock()

    async def _attempt(self, http: aiohttp.ClientSession) -> float:
        """Fetch once; return how long to wait before looking again (s)."""
        try:
            self._cached = await _fetch(http, self._settings.binance_url)
        except SourceError as error:
            if self._why_not != error.message:
                logger.warning("the symbol listing: {}", error.message)
            self._why_not = error.message
            self._tried.set()
            return error.retry_after or _RETRY
        self._from_disk = False
        self._why_not = ""
        self._tried.set()
        await asyncio.to_thread(self._write_cache)
        return self._settings.refresh

    # -- disk ---------------------------------------------------------------------------

    def _read_cache(self) -> None:
        if self._file is None or not self._file.exists():
            return
        try:
            self._cached = msgspec.msgpack.decode(self._file.read_bytes(), type=Cached)
        except (OSError, msgspec.MsgspecError) as error:
            logger.warning("the kept symbol listing cannot be read and is ignored: {}", error)
            return
        self._from_disk = True

    def _write_cache(self) -> None:
        if self._file is None or self._cached is None:
            return
        fresh = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.msgpack.encode(self._cached))
            fresh.replace(self._file)
        except OSError as error:
            logger.warning("the symbol listing cannot be kept on disk: {}", error)


async def _fetch(http: aiohttp.ClientSession, base: str) -> Cached:
    """Return the listing of a Binance REST host.

    Raises:
        SourceError: it is not to be had now; ``retry_after`` in s where the host said so.

    """
    url = f"{base.rstrip('/')}/api/v3/exchangeInfo"
    try:
        async with http.get(url, params={"permissions": "SPOT"}) as response:
            if response.status != _OK:
                raise _refused(response)
            body = await response.read()
            info = msgspec.json.decode(body, type=_ExchangeInfo)
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
        reason = str(error) or type(error).__name__
        raise SourceError(f"{url}: {reason}", code="unreachable") from error
    symbols = {one.symbol: one.status for one in info.symbols}
    return Cached(url=base, fetched=_wall_clock(), symbols=symbols)


def _refused(response: aiohttp.ClientResponse) -> SourceError:
    error = SourceError(f"{response.url.path} answered HTTP {response.status}", code="http_error")
    error.retry_after = pause_of(response.headers.get("Retry-After"), _wall_clock())
    return error


def _wall_clock() -> float:
    return time.time_ns() / 1e9


def _cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "cryptostream"
