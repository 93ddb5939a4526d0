"""The border to Playwright and to what a site answers: foreign failures become ours here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from playwright.async_api import Error as PlaywrightError
    from playwright.async_api import Response

_NOT_FOUND = 404
_REFUSALS = frozenset({403, 429, 503})
FIRST_ERROR = 400


async def refused(response: Response, symbol: str) -> SourceError:
    """Return the error for an answer with a status of 400 or more."""
    if response.status == _NOT_FOUND:
        return SourceError(
            f"the site has no page for {symbol}",
            code="not_found",
            retriable=False,
            hint="check the name with 'cryptostream search'",
        )
    if response.status in _REFUSALS:
        error = SourceError(
            f"the site refuses pages now (HTTP {response.status})",
            code="blocked",
            hint="it is left alone for a while; see the README on TradingView's terms",
        )
        header = await response.header_value("retry-after")
        error.retry_after = pause_of(header, time.time_ns() / 1e9)
        return error
    return SourceError(f"the site answered HTTP {response.status}", code="http_error")


def from_playwright(error: PlaywrightError, symbol: str) -> SourceError:
    """Return our error for what Playwright raised."""
    text = error.message.splitlines()[0] if error.message else "the browser failed"
    if "net::ERR_" in text:
        reason = text.partition("net::")[2].partition(" ")[0]
        return SourceError(
            f"the page of {symbol} cannot be reached ({reason})",
            code="unreachable",
            hint="check the network and sources.tradingview.base_url",
        )
    if "crash" in text.lower():
        return SourceError("the page crashed", code="crashed")
    if "closed" in text.lower():
        return SourceError("the browser or the page was closed", code="page_closed")
    return SourceError(f"the browser failed: {text[:200]}", code="browser_error")
