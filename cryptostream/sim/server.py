"""The simulated market as one HTTP server: pages, quote socket, exchange, switchboard."""

from __future__ import annotations

import asyncio
import random
import string
from typing import TYPE_CHECKING, Self

from aiohttp import web

from cryptostream.errors import StartError
from cryptostream.sim.binance_routes import BinanceRoutes
from cryptostream.sim.coingecko_routes import CoinGeckoRoutes
from cryptostream.sim.exchange_routes import ExchangeRoutes
from cryptostream.sim.fault_routes import FaultRoutes
from cryptostream.sim.faults import FaultBoard
from cryptostream.sim.feed import Feed
from cryptostream.sim.kraken_routes import KrakenRoutes
from cryptostream.sim.market import Market
from cryptostream.sim.page_routes import PageRoutes
from cryptostream.sim.recorded import btcusdt_minute
from cryptostream.sim.settings import SimSettings
from cryptostream.sim.socket_routes import SocketRoutes
from cryptostream.sim.static_routes import static_routes
from cryptostream.sim.templates import load_all

if TYPE_CHECKING:
    from types import TracebackType

# Websockets are told to close first; what is left after this many seconds is cut.
_GOODBYE_S = 1.0
_HASH_LETTERS = string.ascii_letters + string.digits
_MAX_BODY_BYTES = 1_000_000


async def _label(_: web.Request, response: web.StreamResponse) -> None:
    """Mark every answer, whatever it is: nothing from here may pass for a real price."""
    response.headers["X-CryptoStream-Simulated"] = "true"


def _read_files() -> None:
    load_all()
    btcusdt_minute()


class SimServer:
    """One simulated market on one port; ``async with SimServer(settings) as sim``."""

    def __init__(self, settings: SimSettings | None = None) -> None:
        self.settings = settings or SimSettings()
        # Reproducible looks, not a secret.
        chance = random.Random(self.settings.seed)  # noqa: S311
        self.faults = FaultBoard(lambda: "".join(chance.choices(_HASH_LETTERS, k=8)))
        self._market: Market | None = None
        self._feed: Feed | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def market(self) -> Market:
        """The market, once started.

        Raises:
            StartError: the server was not started yet.

        """
        if self._market is None:
            raise StartError("the simulated market has not started", hint="await start() first")
        return self._market

    @property
    def port(self) -> int:
        """The port it listens on, 0 before the start."""
        return self._port

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://{self.settings.host}:{self._port}"

    def _application(self, market: Market, feed: Feed) -> web.Application:
        sockets = SocketRoutes(self.settings, market, feed, self.faults)
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.on_response_prepare.append(_label)
        app.add_routes(PageRoutes(self.settings, feed, self.faults).routes())
        app.add_routes(ExchangeRoutes(market, self.faults, self.settings.period_scale).routes())
        BinanceRoutes(self.settings, market, self.faults).attach(app)
        app.add_routes(CoinGeckoRoutes(market, self.faults, self.settings.period_scale).routes())
        kraken = KrakenRoutes(market, self.faults, self.settings.period_scale)
        app.add_routes(kraken.routes())
        app.add_routes(FaultRoutes(self.faults).routes())
        app.add_routes(sockets.routes())
        app.add_routes(static_routes())
        app.on_shutdown.append(sockets.close_all)
        app.on_shutdown.append(kraken.close_all)
        return app

    async def start(self) -> None:
        """Listen and let the market move.

        Raises:
            StartError: the address cannot be used.

        """
        await asyncio.to_thread(_read_files)
        self._market = market = Market(self.settings)
        self._feed = feed = Feed(market, self.faults)
        self._runner = web.AppRunner(
            self._application(market, feed), access_log=None, shutdown_timeout=_GOODBYE_S
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port)
        try:
            await site.start()
        except OSError as error:
            await self.stop()
            raise StartError(
                f"the simulated market cannot listen on port {self.settings.port}: {error}",
                hint="choose another sim.port, or 0 for any free one",
            ) from error
        self._port = self._runner.addresses[0][1]
        market.start()

    async def stop(self) -> None:
        """Close all connections and the port; safe to call twice."""
        if self._market is not None:
            self._market.stop()
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
