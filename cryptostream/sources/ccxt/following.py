"""How the markets of a group are followed: watched, polled, or asked for once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from loguru import logger

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.intake import Intake, heard
from cryptostream.sources.ccxt.library import call
from cryptostream.sources.ccxt.methods import POLLED_INSTEAD, What
from cryptostream.sources.ccxt.said import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from cryptostream.config.ccxt import Ccxt
    from cryptostream.sources.ccxt.methods import Method
    from cryptostream.sources.ccxt.said import Said
    from cryptostream.sources.ccxt.tickers import Tickers


class Following:
    """Hands on to ``tickers`` what an exchange gives, and passes to ``say`` what they say.

    ``start`` begins a further task beside the one that calls it. The tasks raise a SourceError
    for what is a matter of the exchange; what one market is to blame for, it is told.
    """

    def __init__(
        self,
        exchange: Any,  # noqa: ANN401
        settings: Ccxt,
        tickers: Tickers,
        say: Callable[[Iterable[Said]], None],
        start: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        self._exchange = exchange
        self._settings = settings
        self._tickers = tickers
        self._say = say
        self._start = start

    async def watch(self, method: Method, markets: tuple[str, ...]) -> None:
        """Take what comes, until it fails."""
        intake = Intake()
        watch = getattr(self._exchange, method.name)
        while True:
            try:
                result = await call(self._exchange, watch(_argument(method, markets)))
            except SourceError as error:
                if not _is_for_good(error) or len(markets) == 1:
                    self._refused(method, markets, error)
                else:
                    # One of them is to blame: each for itself.
                    for market in markets:
                        self._start(self.watch(method, (market,)))
                return
            self._hear(method, markets, result, intake)

    def _hear(
        self, method: Method, markets: tuple[str, ...], result: object, intake: Intake
    ) -> None:
        self._say(heard(self._exchange, method, markets, result, intake, self._tickers))

    def _refused(self, method: Method, markets: tuple[str, ...], error: SourceError) -> None:
        """Take a refusal for good of what is watched for some markets.

        Raises:
            SourceError: it is not for good, or a matter of the exchange, not of the markets.

        """
        if not _is_for_good(error):
            raise error
        if method.what is not What.TICKERS:
            logger.warning("{}: {}: {}", self._exchange.id, method.name, error.message)
            return
        for market in markets:
            self._say(self._tickers.refuse_market(market, error, moment()))

    # -- asking -------------------------------------------------------------------------

    async def poll(self, method: Method, markets: tuple[str, ...]) -> None:
        """Ask again and again."""
        while True:
            wanted = self._tickers.markets()
            await self._ask(method, tuple(name for name in markets if name in wanted))
            await asyncio.sleep(self._settings.poll_period)

    async def seed(self, method: Method, markets: tuple[str, ...]) -> None:
        """Ask once after markets that have shown no price: a quiet one may send none for long."""
        await asyncio.sleep(self._settings.first_value_timeout / 2)
        try:
            await self._ask(method, tuple(self._tickers.without_value(markets)))
        except SourceError as error:
            # The streams are well: what they do not bring in time is given up by itself.
            logger.warning("{}: {}: {}", self._exchange.id, method.name, error.message)

    async def _ask(self, method: Method, markets: tuple[str, ...]) -> None:
        """Ask once: all at a time where that can be, or each for itself.

        Raises:
            SourceError: the exchange does not answer; what one market is to blame for, it is told.

        """
        if len(markets) > 1 and not method.many:
            for market in markets:
                await self._ask(method, (market,))
        elif markets:
            fetch = getattr(self._exchange, method.name)
            try:
                result = await call(self._exchange, fetch(_argument(method, markets)))
            except SourceError as error:
                await self._blame(method, markets, error)
            else:
                self._hear(method, markets, result, Intake())

    async def _blame(self, method: Method, markets: tuple[str, ...], error: SourceError) -> None:
        if len(markets) == 1 or not _is_for_good(error):
            self._refused(method, markets, error)
            return
        for market in markets:
            await self._ask(method, (market,))


def _is_for_good(error: SourceError) -> bool:
    """Tell whether a market cannot be had: what cannot be streamed at all is not its fault."""
    return not error.retriable and error.code not in POLLED_INSTEAD


def _argument(method: Method, markets: tuple[str, ...]) -> list[str] | str:
    return list(markets) if method.many else markets[0]
