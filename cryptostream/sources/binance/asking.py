"""Asks REST what the inquiries say, on the host that may be asked: a thin shell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from cryptostream.errors import CryptoStreamError, SourceError
from cryptostream.sources.binance.border import GEO_BLOCKED
from cryptostream.sources.binance.hosts import Hosts
from cryptostream.sources.binance.inquiries import Inquiries, Kind, Question, Verdict
from cryptostream.sources.binance.listing import Day, decode_days, decode_listing
from cryptostream.sources.binance.rest import Body, ask

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    import aiohttp

    from cryptostream.config.binance import Binance


class Asker(Protocol):
    """Who wants to know; every method returns at once."""

    def on_verdict(self, verdict: Verdict) -> None:
        """Take it that a ticker is listed or not, or that nobody can say."""
        ...

    def on_days(self, days: Mapping[str, Day], *, simulated: bool) -> None:
        """Take the numbers of the day, by ticker."""
        ...

    def wake(self) -> None:
        """Something may be due."""
        ...


class Asking:
    """The questions of one source; ``weight`` is what the exchange counted for them."""

    def __init__(self, settings: Binance, asker: Asker, chance: Callable[[], float]) -> None:
        self.inquiries = Inquiries(chance)
        self.asked = 0
        self.weight = ""
        self.simulated = False
        self._hosts = Hosts(settings.rest_url, settings.fallback_rest_url)
        self._asker = asker

    def step(self, http: aiohttp.ClientSession, group: asyncio.TaskGroup, now: float) -> None:
        """Ask what is due, in tasks of a group that sees their failures."""
        for question in self.inquiries.due(now):
            group.create_task(self._ask(http, question), name=f"binance {question.kind.name}")

    async def _ask(self, http: aiohttp.ClientSession, question: Question) -> None:
        """Ask a question and deal with what comes of it."""
        host = self._hosts.current(time.monotonic())
        self.asked += 1
        try:
            if host is None:
                raise SourceError("every REST host refuses this region", code=GEO_BLOCKED)
            self._answered(question, await ask(http, host, question))
        except CryptoStreamError as error:
            self._failed(question, host, error)
        self._asker.wake()

    def _answered(self, question: Question, body: Body) -> None:
        self.weight = body.weight
        self.simulated = self.simulated or body.simulated
        if question.kind is Kind.LISTING:
            found = decode_listing(body.data)
            self.inquiries.answered(question)
            for verdict in self.inquiries.listing(question, found, time.monotonic()):
                self._asker.on_verdict(verdict)
        else:
            days = decode_days(body.data)
            self.inquiries.answered(question)
            self._asker.on_days(days, simulated=body.simulated)

    def _failed(self, question: Question, host: str | None, error: CryptoStreamError) -> None:
        now = time.monotonic()
        at_once = False
        if error.code == GEO_BLOCKED and host is not None:
            self._hosts.refused(host, now)
            at_once = self._hosts.current(now) is not None
        for verdict in self.inquiries.failed(question, error, now, at_once=at_once):
            self._asker.on_verdict(verdict)
