"""The gateway's own connection to the daemon: one client for all viewers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from loguru import logger

from cryptostream.errors import CryptoStreamError, UnknownSymbol
from cryptostream.gateway.messages import error_map
from cryptostream.records import Status, Tick, Trade
from cryptostream.wire.effects import Accepted, Connected, Disconnected, Gap, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.client.aio import AsyncClient
    from cryptostream.gateway.delivery import Delivery
    from cryptostream.gateway.hub import Hub

# Items taken in one pass before viewers are served.
_MOST = 5000
# How often heartbeats and late viewers are looked at; s.
_LOOK = 0.25
# Records asked of the router to fill a ring: what it holds in its own by default.
_HISTORY = 4096


class Upstream:
    """Keeps the hub's wishes and the daemon's records flowing, and serves the lanes in time."""

    def __init__(self, hub: Hub, delivery: Delivery, client: AsyncClient) -> None:
        self.client = client
        self.connected = False
        self.simulated = False
        self._hub = hub
        self._delivery = delivery
        self._verdicts: dict[str, asyncio.Future[Rejected | None]] = {}
        self._fills: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._looked = 0.0
        self._heard = asyncio.Event()

    # -- what viewers want --------------------------------------------------------------

    def sync(self) -> None:
        """Ask the daemon for what is wanted newly, and give up what nobody wants any more."""
        add, drop = self._hub.changes()
        if drop:
            self.client.unsubscribe(*drop)
            self._forget(drop)
        if add:
            task = asyncio.create_task(self._ask(add), name="ask the daemon")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def verdicts(self, symbols: Iterable[str], within: float) -> dict[str, Rejected | None]:
        """Wait for the daemon's word on symbols; one that is missing has had none in time."""
        waits: dict[str, asyncio.Future[Rejected | None]] = {}
        found: dict[str, Rejected | None] = {}
        for symbol in symbols:
            held = self._hub.symbols.get(symbol)
            if held is not None and held.accepted:
                found[symbol] = None
            else:
                waits[symbol] = self._verdict(symbol)
        if waits:
            # A daemon that is away gives no word: the viewer need not wait to hear that.
            await asyncio.wait(waits.values(), timeout=within if self.connected else 0.0)
        found.update({symbol: wait.result() for symbol, wait in waits.items() if wait.done()})
        return found

    async def fill(self, symbol: str, kind: str) -> None:
        """Put what the router still holds of a topic into the hub's ring, once for everybody."""
        task = self._fills.get((symbol, kind))
        if task is None:
            task = asyncio.create_task(self._fill(symbol, kind), name=f"history of {symbol}")
            self._fills[symbol, kind] = task
        # Another viewer may wait for the same: one that leaves must not end it.
        await asyncio.shield(task)

    async def _fill(self, symbol: str, kind: str) -> None:
        try:
            records = await self.client.history(symbol, _HISTORY, kind)
        except CryptoStreamError as error:
            # Not held, not made up: the viewer gets a gap and the image instead.
            logger.warning("no history of {}: {}", symbol, error.line())
            self._fills.pop((symbol, kind), None)
            return
        self._hub.prefill(symbol, kind, records)

    async def _ask(self, symbols: list[str]) -> None:
        try:
            await self.client.subscribe(*symbols)
        except UnknownSymbol:
            pass  # each refusal comes as an event of its own, see _take
        except CryptoStreamError as error:
            # The client goes on asking by itself; viewers were told that it is pending.
            logger.warning("the daemon gave no answer for {}: {}", symbols[:5], error.line())

    def _verdict(self, symbol: str) -> asyncio.Future[Rejected | None]:
        wait = self._verdicts.get(symbol)
        if wait is None:
            wait = self._verdicts[symbol] = asyncio.get_running_loop().create_future()
        return wait

    def _decide(self, symbol: str, verdict: Rejected | None) -> None:
        wait = self._verdicts.pop(symbol, None)
        if wait is not None and not wait.done():
            wait.set_result(verdict)

    def _forget(self, symbols: list[str]) -> None:
        for symbol in symbols:
            for kind in ("tick", "trade"):
                task = self._fills.pop((symbol, kind), None)
                if task is not None:
                    task.cancel()

    # -- what the daemon says -----------------------------------------------------------

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            self.pass_on()
            await self.client.wait(self._pause())

    async def first_word(self, within: float) -> None:
        """Wait until the router has been heard, or so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._heard.wait()
        except TimeoutError:
            logger.warning("the router is not heard; viewers are let in and told")

    async def close(self) -> None:
        """End what is under way."""
        tasks = [*self._asking, *self._fills.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def pass_on(self) -> None:
        """Take what is there, and serve every viewer whose time has come."""
        for _ in range(_MOST):
            item = self.client.poll()
            if item is None:
                break
            self._take(item)
        now = time.monotonic()
        self._hub.flush(now)
        self._delivery.deliver(now, time.time_ns())
        if now - self._looked >= _LOOK:
            self._looked = now
            self._delivery.look(now, time.time_ns())
        self.sync()

    def serve(self) -> None:
        """Deliver what was just decided, without waiting for the next pass."""
        self._delivery.deliver(time.monotonic(), time.time_ns())

    def _pause(self) -> float:
        due = self._hub.next_due()
        return _LOOK if due is None else min(_LOOK, max(0.0, due - time.monotonic()))

    def _take(self, item: object) -> None:
        match item:
            case Tick() | Trade() | Status():
                self._hub.take(item)
            case Gap():
                self._hub.lost(item)
            case Accepted():
                self._hub.accept(item.symbol)
                self._decide(item.symbol, None)
            case Rejected():
                self._hub.reject(item.ticker, error_map(item.error), item.suggestions)
                self._decide(item.ticker, item)
            case Connected():
                self.connected, self.simulated = True, item.simulated
                self._heard.set()
                self._tell("")
            case Disconnected():
                self.connected = False
                self._tell(item.reason)

    def _tell(self, reason: str) -> None:
        fields: dict[str, Any] = {"t": "upstream", "connected": self.connected}
        self._hub.tell_all({**fields, "simulated": self.simulated, "reason": reason})
