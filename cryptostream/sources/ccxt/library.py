"""The library ccxt: one of its exchanges, built, called and closed so that nothing is left.

Importing this module loads ccxt, which takes a second and reads files: do it in a thread.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import TYPE_CHECKING, Any

import ccxt.async_support
import ccxt.pro
from loguru import logger

from cryptostream.errors import ConfigError, SourceError
from cryptostream.sources.ccxt import border
from cryptostream.sources.ccxt.methods import spot_only
from cryptostream.sources.ccxt.names import addresses_of, is_local, place

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from cryptostream.config.ccxt import Ccxt

# An exchange has so long (s) to take its leave, twice.
_GOODBYE = 0.4
# ccxt's own pause after closing (ms), for encrypted connections to end.
_LINGER_MS = 50
# A call that is cancelled ends at once; one that does not is left to itself after this (s).
_LAST_WORDS = 0.5
# So many pings fit into the silence after which a connection counts as dead.
_PINGS = 3
_MS, _NS_PER_MS = 1000, 1_000_000
# Binance's short ticker has neither bid nor ask.
_DIALECTS: dict[str, dict[str, Any]] = {
    name: {"watchTickers": {"name": "ticker"}, "watchTicker": {"name": "ticker"}}
    for name in ("binance", "binanceus")
}


def build(ccxt_id: str, settings: Ccxt) -> Any:  # noqa: ANN401
    """Return one of ccxt's exchanges with nothing loaded yet, for the loop that first calls it.

    Blocks.

    Raises:
        SourceError: ccxt does not know it, or the settings do not fit it.

    """
    addresses = addresses_of(ccxt_id, settings.urls)
    exchange = _kind_of(ccxt_id)(
        {
            "timeout": int(settings.timeout * _MS),
            "enableRateLimit": not is_local(addresses),
            "enableLastHttpResponse": False,
            "enableLastJsonResponse": False,
            "options": _DIALECTS.get(ccxt_id, {}),
        }
    )
    try:
        for address in addresses:
            place(exchange.urls, address)
    except ConfigError as error:
        raise SourceError(
            error.message, code="bad_config", hint=error.hint, retriable=False
        ) from error
    _tune(exchange, settings)
    return exchange


def _kind_of(ccxt_id: str) -> Any:  # noqa: ANN401
    """Return ccxt's class of an exchange, with streams if it has any."""
    kind = getattr(ccxt.pro, ccxt_id, None) or getattr(ccxt.async_support, ccxt_id, None)
    if ccxt_id not in ccxt.exchanges or kind is None:
        raise SourceError(
            f"ccxt knows no exchange {ccxt_id!r}",
            code="unsupported",
            hint="see sources.ccxt.exchanges",
            retriable=False,
        )
    return kind


def _tune(exchange: Any, settings: Ccxt) -> None:  # noqa: ANN401
    loading = exchange.options.get("fetchMarkets")
    if isinstance(loading, dict) and "types" in loading:
        loading["types"] = spot_only(loading["types"])
    ping_ms = settings.silence * _MS / _PINGS
    usual = exchange.streaming.get("keepAlive") or ping_ms
    exchange.streaming = {**exchange.streaming, "keepAlive": min(usual, ping_ms)}
    exchange.timeout_on_exit = _LINGER_MS
    # Reads a file; ccxt itself would do that in the loop.
    exchange.ssl_context = ssl.create_default_context(cafile=exchange.cafile)


async def call(exchange: Any, awaitable: Awaitable[Any]) -> Any:  # noqa: ANN401
    """Return the result of one of ccxt's methods.

    It runs as a task of its own, because closing ccxt cancels what waits in it: that must not
    look like our own cancellation.

    Raises:
        SourceError: it failed, or was closed.

    """
    task = asyncio.create_task(_awaited(awaitable))
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_LAST_WORDS)
        # Asked for, so that nobody complains that it was not.
        failure = task.exception() if task.done() and not task.cancelled() else None
    if task.cancelled():
        raise SourceError(f"the connection to {exchange.id} was closed", code="connection_lost")
    if failure is not None:
        headers = exchange.last_response_headers or {}
        raise border.ours(failure, exchange.id, headers, time.time_ns() / 1e9) from failure
    return task.result()


async def _awaited(awaitable: Awaitable[Any]) -> Any:  # noqa: ANN401
    return await awaitable


async def close(exchange: Any) -> None:  # noqa: ANN401
    """Close all connections; those that do not answer are cut."""
    for attempt in (1, 2):
        try:
            async with asyncio.timeout(_GOODBYE):
                await exchange.close()
        except TimeoutError:
            logger.warning("{}: closing took too long, attempt {}", exchange.id, attempt)
            # The farewell of a websocket waits for its answer: without one the rest is closed.
            exchange.clients = {}
        else:
            return


def silent_for(exchange: Any, now_ns: int) -> float:  # noqa: ANN401
    """Return how long (s) nothing has come over the most silent of its websockets.

    Pings are answered, so that this is no matter of how quiet a market is.
    """
    heard = [
        client.last_message_at or client.connectionStarted
        for client in (exchange.clients or {}).values()
    ]
    oldest = min((at for at in heard if at is not None), default=None)
    return 0.0 if oldest is None else max(0, now_ns - int(oldest) * _NS_PER_MS) / 1e9
