"""The open connections: carries out what the shards want, and tells them what happened."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Protocol

from loguru import logger

from cryptostream.errors import CryptoStreamError, SourceError
from cryptostream.sources.binance.border import GEO_BLOCKED
from cryptostream.sources.binance.connection import Connection
from cryptostream.sources.binance.effects import (
    Ask,
    Carried,
    Connect,
    Drop,
    Effect,
    Lost,
    Refused,
    Switched,
)
from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.hosts import Hosts
from cryptostream.sources.binance.intake import Intake
from cryptostream.sources.binance.joining import Joining
from cryptostream.sources.binance.links import LinkState
from cryptostream.sources.binance.shards import Shards
from cryptostream.sources.binance.vigil import Sign, Vigil

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from cryptostream.config.binance import Binance
    from cryptostream.sources.binance.intake import Publisher
    from cryptostream.sources.binance.messages import Answer
    from cryptostream.sources.binance.quotes import Counts, Quotes
    from cryptostream.sources.binance.shards import Rules


class Owner(Protocol):
    """Who the tickers belong to; every method returns at once."""

    def quotes_of(self, ticker: str) -> Quotes | None:
        """Return the quotes of an open ticker."""
        ...

    def on_carried(self, tickers: Iterable[str]) -> None:
        """Their streams are subscribed."""
        ...

    def on_lost(self, tickers: Iterable[str]) -> None:
        """Nothing carries them any more."""
        ...

    def on_given_up(self, tickers: Iterable[str], trouble: Trouble) -> None:
        """They will not be carried: trying again is not ours to decide."""
        ...

    def wake(self) -> None:
        """Something may be due."""
        ...


class Fleet:
    """Runs in the loop of its source; ``start`` gives it the group that owns its tasks."""

    def __init__(
        self,
        settings: Binance,
        rules: Rules,
        owner: Owner,
        publisher: Publisher,
        counts: Counts,
        flush: Callable[[], None],
    ) -> None:
        self.attempts = 0
        self.simulated = False
        self.shards = Shards(rules)
        self.hosts = Hosts(settings.stream_url, settings.fallback_stream_url)
        self._settings = settings
        self._owner = owner
        self._publisher = publisher
        self._counts = counts
        self._flush = flush
        self._group: asyncio.TaskGroup | None = None
        self._open: dict[int, Connection] = {}
        self._vigils: dict[int, Vigil] = {}

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to connect what is wanted."""
        self._group = group

    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    def step(self, now: float) -> None:
        """Do what is due."""
        self._carry_out(self.shards.due(now))
        for serial, vigil in list(self._vigils.items()):
            sign = vigil.look(self._open[serial].reads, now)
            if sign is Sign.ASK:
                self._open[serial].ping()
                self.shards.spoke(serial, now)
            elif sign is Sign.DEAD:
                self._dead(serial, now)

    # -- one connection -----------------------------------------------------------------

    async def _hold(self, serial: int) -> None:
        """Connect, and stay until the end."""
        host = self.hosts.current(time.monotonic())
        if host is None:
            self._all_refuse(serial)
            return
        intake = Intake(
            self._publisher,
            self._counts,
            functools.partial(self._on_answer, serial),
            functools.partial(self._on_shutdown, serial),
        )
        connection = Connection(intake, self._flush, functools.partial(self._on_spoke, serial))
        try:
            await connection.open(f"{host}/ws", host, self._settings.connect_timeout)
        except CryptoStreamError as error:
            self._not_connected(serial, host, error)
            return
        try:
            # The shards hear of the end at once: they must not use what is not there.
            self._gone(serial, await self._stay(serial, connection))
        finally:
            self._open.pop(serial, None)
            self._vigils.pop(serial, None)
            await connection.end()

    async def _stay(self, serial: int, connection: Connection) -> str:
        now = time.monotonic()
        self._open[serial] = connection
        self._vigils[serial] = Vigil(self._settings.silence, now)
        self.simulated = self.simulated or connection.simulated
        self.shards.connected(serial, now)
        self._owner.wake()
        try:
            return await connection.ended()
        except SourceError as error:
            return error.message

    def _gone(self, serial: int, reason: str) -> None:
        if self.shards.link_of(serial) is None:
            return  # it was told to go
        logger.warning("binance: {}; connecting anew", reason)
        trouble = Trouble("reconnecting", f"{reason}; connecting anew")
        self._carry_out(self.shards.lost(serial, trouble, time.monotonic()))
        self._owner.wake()

    def _dead(self, serial: int, now: float) -> None:
        reason = f"nothing came for {self._settings.silence:g} s"
        logger.warning("binance: {}; connecting anew", reason)
        del self._vigils[serial]
        self._open[serial].abort()
        trouble = Trouble("reconnecting", f"{reason}; connecting anew")
        self._carry_out(self.shards.lost(serial, trouble, now))

    def _not_connected(self, serial: int, host: str, error: CryptoStreamError) -> None:
        logger.warning("binance: {}", error.line())
        now = time.monotonic()
        refused = error.code == GEO_BLOCKED
        if refused:
            self.hosts.refused(host, now)
        pause = getattr(error, "retry_after", None)
        trouble = Trouble(error.code, error.line(), retry_after=pause)
        self._carry_out(self.shards.lost(serial, trouble, now, at_once=refused))
        self._owner.wake()

    def _all_refuse(self, serial: int) -> None:
        now = time.monotonic()
        link = self.shards.link_of(serial)
        tickers = tuple(link.tickers) if link is not None else ()
        pause = max(0.0, self.hosts.free_at() - now)
        text = "every host of the exchange refuses this region or address"
        trouble = Trouble(GEO_BLOCKED, text, retry_after=pause)
        self._carry_out(self.shards.lost(serial, trouble, now))
        self._owner.on_given_up(tickers, trouble)

    # -- what a connection says ---------------------------------------------------------

    def _on_answer(self, serial: int, answer: Answer) -> None:
        self._carry_out(self.shards.answered(serial, answer.id, answer.error))
        self._owner.wake()

    def _on_shutdown(self, serial: int) -> None:
        logger.info("binance: a server is about to go down; its connection is replaced")
        self.shards.retire(serial, time.monotonic())
        self._owner.wake()

    def _on_spoke(self, serial: int) -> None:
        self.shards.spoke(serial, time.monotonic())

    # -- what is to be done -------------------------------------------------------------

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Connect():
                    self._connect(effect.serial)
                case Ask():
                    self._ask(effect)
                case Drop():
                    self._drop(effect)
                case Carried():
                    self._owner.on_carried(effect.tickers)
                case Lost():
                    self._owner.on_lost(effect.tickers)
                case Refused():
                    text = f"the exchange refuses its streams: {effect.why}"
                    self._owner.on_given_up((effect.ticker,), Trouble("refused", text))
                case Switched():
                    self._switch(effect.serial)

    def _connect(self, serial: int) -> None:
        if self._group is None:
            raise SourceError("the source does not run", code="internal")
        self.attempts += 1
        self._group.create_task(self._hold(serial), name=f"binance connection {serial}")

    def _ask(self, effect: Ask) -> None:
        connection = self._open[effect.serial]
        for ticker in effect.tickers:
            quotes = self._owner.quotes_of(ticker) if effect.subscribe else None
            if quotes is None:
                connection.intake.routes.pop(ticker, None)
                continue
            quotes.simulated = connection.simulated
            route = Joining(quotes) if effect.joins else quotes
            connection.intake.routes[ticker] = (quotes, route)
        connection.say(effect.text)

    def _drop(self, effect: Drop) -> None:
        logger.info("binance: a connection is closed: {}", effect.why)
        connection = self._open.get(effect.serial)
        if connection is not None:
            connection.close()

    def _switch(self, serial: int) -> None:
        """Let a connection deliver alone, beginning with what it kept back."""
        connection = self._open.get(serial)
        if connection is None:
            return
        routes = connection.intake.routes
        for ticker, (quotes, route) in list(routes.items()):
            if isinstance(route, Joining):
                routes[ticker] = (quotes, quotes)
                for trade in route.released():
                    self._publisher.trade(quotes, trade)
                self._publisher.due(quotes)

    def forget(self, ticker: str) -> None:
        """Let a ticker go; what still comes of it is nobody's."""
        self.shards.remove(ticker, time.monotonic())
        for connection in self._open.values():
            connection.intake.routes.pop(ticker, None)

    def describe(self) -> dict[str, int]:
        """Return counters for people."""
        links = self.shards.links()
        return {
            "connections": len(self._open),
            "waiting": sum(link.state is not LinkState.OPEN for link in links),
            "attempts": self.attempts,
            "reads": sum(connection.reads for connection in self._open.values()),
        }
