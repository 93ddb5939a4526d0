"""The border to the browser and the site: their failures become ours here, and only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_FOUND = 404
_REFUSALS = frozenset({403, 429, 503})
FIRST_ERROR = 400


def refused(status: int, headers: Mapping[str, str], symbol: str, now: float) -> SourceError:
    """Return the error for an answer with a status of 400 or more; ``now`` is Unix time in s."""
    if status == _NOT_FOUND:
        return SourceError(
            f"the site has no page for {symbol}",
            code="not_found",
            retriable=False,
            hint="check the name with 'cryptostream search'",
        )
    if status in _REFUSALS:
        error = SourceError(
            f"the site refuses pages now (HTTP {status})",
            code="blocked",
            hint="it is left alone for a while; see the README on TradingView's terms",
        )
        asked = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
        error.retry_after = pause_of(asked, now)
        return error
    return SourceError(f"the site answered HTTP {status}", code="http_error")


def unreachable(text: str, symbol: str) -> SourceError:
    """Return the error for a navigation that failed; ``text`` is Chromium's ``net::ERR_…``."""
    return SourceError(
        f"the page of {symbol} cannot be reached ({text.removeprefix('net::')})",
        code="unreachable",
        hint="check the network and sources.tradingview.base_url",
    )
