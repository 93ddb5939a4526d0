"""The markets of an exchange: loaded once, handed from one connection to the next."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.library import call
from cryptostream.sources.ccxt.markets import tickers_of

if TYPE_CHECKING:
    from cryptostream.config.ccxt import Ccxt
    from cryptostream.sources.ccxt.markets import Listed

# A new connection uses the same table for so long (s).
_OLD = 3600.0
# Loading takes several calls, each of which has its own deadline.
_CALLS = 4.0
_SIMULATED = "X-CryptoStream-Simulated"


@dataclass(frozen=True, slots=True)
class Table:
    """``exchange`` is the one that loaded it; ``loaded`` is when, in s on the loop's clock."""

    exchange: Any
    tickers: dict[str, Listed]
    loaded: float
    simulated: bool


async def table_of(exchange: Any, settings: Ccxt, kept: Table | None) -> Table:  # noqa: ANN401
    """Return the table for an exchange: the kept one while it is not old, else a new one.

    Raises:
        SourceError: the exchange does not give it.

    """
    if kept is not None and time.monotonic() - kept.loaded < _OLD:
        exchange.set_markets_from_exchange(kept.exchange)
        await call(exchange, exchange.load_markets())
        return kept
    return await loaded(exchange, settings)


async def loaded(exchange: Any, settings: Ccxt, *, again: bool = False) -> Table:  # noqa: ANN401
    """Return the table as the exchange gives it now.

    Raises:
        SourceError: it does not give it.

    """
    try:
        async with asyncio.timeout(_CALLS * settings.timeout):
            markets = await call(exchange, exchange.load_markets(again))
    except TimeoutError as error:
        text = f"{exchange.id} did not give its markets in time"
        raise SourceError(text, code="unreachable") from error
    headers = exchange.last_response_headers or {}
    tickers = tickers_of(markets)
    if not tickers:
        # ccxt makes nothing of an answer that it cannot read: no market is unknown because of it.
        raise SourceError(f"{exchange.id} gave no spot markets", code="malformed")
    return Table(
        exchange=exchange,
        tickers=tickers,
        loaded=time.monotonic(),
        simulated=headers.get(_SIMULATED) == "true",
    )
