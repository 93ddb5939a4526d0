"""The markets of an exchange: loaded aside, then handed to each of its connections."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.aside import aside
from cryptostream.sources.ccxt.library import build, call, close
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

    def hand_to(self, exchange: Any) -> None:  # noqa: ANN401
        """Give the markets to an exchange of the same kind, which then asks for none."""
        exchange.set_markets_from_exchange(self.exchange)


async def table_of(ccxt_id: str, settings: Ccxt, kept: Table | None) -> Table:
    """Return the kept table while it is not old, else a new one.

    Raises:
        SourceError: the exchange does not give it.

    """
    if kept is not None and time.monotonic() - kept.loaded < _OLD:
        return kept
    return await loaded(ccxt_id, settings)


async def loaded(ccxt_id: str, settings: Ccxt) -> Table:
    """Return the table as the exchange gives it now.

    Raises:
        SourceError: it does not give it.

    """
    return await aside(lambda: _load(build(ccxt_id, settings), settings))


async def _load(exchange: Any, settings: Ccxt) -> Table:  # noqa: ANN401
    try:
        async with asyncio.timeout(_CALLS * settings.timeout):
            markets = await call(exchange, exchange.load_markets())
    except TimeoutError as error:
        text = f"{exchange.id} did not give its markets in time"
        raise SourceError(text, code="unreachable") from error
    finally:
        await close(exchange)
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
