"""A daemon inside your own program: ``with Daemon(simulated=True) as daemon: …``."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Self

from loguru import logger

from cryptostream.app.root import Root
from cryptostream.client.blocking import Client, connect
from cryptostream.config import load
from cryptostream.errors import CryptoStreamError, StartError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from types import TracebackType

    from cryptostream.config.settings import Config
    from supervisors.branch import ChildStatus

# Everything stops within 5 s; a thread that takes longer than this (s) is left behind.
_STOP_WITHIN = 15.0


def simulated_overrides(config: Config) -> dict[str, object]:
    """Return what points a daemon at its own simulated market instead of the world.

    Every address is replaced or emptied: a simulation asks nobody else.
    """
    place = f"{config.sim.host}:{config.sim.port}"
    url, socket = f"http://{place}", f"ws://{place}"
    return {
        "sim.enabled": True,
        "sources.tradingview.base_url": url,
        # Nobody is bothered by coming back soon, and people who try things out do not wait.
        "sources.return_after": 10.0,
        "reconciler.blocked_pause": 5.0,
        "sources.binance.stream_url": socket,
        "sources.binance.fallback_stream_url": "",
        "sources.binance.rest_url": url,
        "sources.binance.fallback_rest_url": "",
        "sources.coingecko.base_url": f"{url}/coingecko/api/v3",
        "sources.coingecko.pro_base_url": f"{url}/coingecko-pro/api/v3",
        "sources.ccxt.exchanges": ["KRAKEN=kraken"],
        "sources.ccxt.urls": [
            f"kraken:api.public={url}",
            f"kraken:api.ws.publicV2={socket}/v2",
        ],
        "directory.binance_url": url,
        "directory.kraken_url": url,
        "directory.coinbase_url": "",
        "directory.cache": False,
    }


def simulated_config(overrides: Mapping[str, object] | None = None) -> Config:
    """Return a configuration that runs offline on the simulated market.

    Raises:
        ConfigError: a setting is wrong.

    """
    given = dict(overrides or {})
    base = load(overrides=given).config
    return load(overrides={**simulated_overrides(base), **given}).config


class Daemon:
    """Runs a whole daemon in processes below your own; they end with it, whatever happens.

    The supervisor runs in a thread of its own. ``settings`` are overrides by path, like
    ``{"router.control": "tcp://127.0.0.1:7800"}``; environment and configuration file count
    as usual. With ``simulated`` the daemon runs offline on the simulated market.
    """

    def __init__(
        self,
        settings: Mapping[str, object] | None = None,
        *,
        simulated: bool = False,
        config: Config | None = None,
    ) -> None:
        # The program that embeds us decides about its output: ``logs.configure`` turns ours on.
        logger.disable("cryptostream")
        given = dict(settings or {})
        if config is not None:
            self.config = config
        else:
            self.config = _configured(given, simulated=simulated)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="cryptostream daemon", daemon=True
        )
        self._root: Root | None = None

    @property
    def control(self) -> str:
        """The address for requests."""
        return self.config.router.control

    @property
    def data(self) -> str:
        """The address where prices come from."""
        return self.config.router.data

    def start(self, within: float = 60.0) -> Self:
        """Start everything; the daemon serves when this returns.

        Raises:
            StartError: something did not start, or not within so many seconds.

        """
        self._thread.start()
        try:
            self._call(self._open(), within)
        except TimeoutError:
            self.stop()
            raise StartError(
                f"the daemon did not start within {within:.0f} s", hint="see its log"
            ) from None
        except BaseException:
            # Also one that is interrupted while it waits: nobody else could end the daemon.
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop everything; again is no error."""
        root, self._root = self._root, None
        try:
            if root is not None:
                self._call(root.stop("its program ends it"), _STOP_WITHIN)
        finally:
            if self._thread.is_alive():
                self._end()

    def connect(self) -> Client:
        """Return a client of this daemon, for ``with``."""
        return connect(self.control, self.data)

    def children(self) -> list[ChildStatus]:
        """Return how each process is."""

        async def look() -> list[ChildStatus]:
            return self._root.supervisor.children() if self._root is not None else []

        found: list[ChildStatus] = self._call(look(), 5.0)
        return found

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    async def _open(self) -> None:
        root = Root(self.config)
        self._root = root
        try:
            await root.start()
        except CryptoStreamError:
            self._root = None
            raise

    def _call(self, work: Coroutine[Any, Any, Any], within: float) -> Any:  # noqa: ANN401
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(within)
        except BaseException:
            future.cancel()
            raise

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_WITHIN)
        self._loop.close()


def _configured(given: dict[str, object], *, simulated: bool) -> Config:
    if simulated:
        return simulated_config(given)
    return load(overrides=given).config
