"""The border to Binance and its libraries: their failures become ours here, and only here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import picows

from cryptostream.errors import CryptoStreamError, SourceError, UnknownSymbol
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# All that the two libraries, the resolver and the clock raise for what a far side does.
FOREIGN = (aiohttp.ClientError, picows.WSError, OSError, asyncio.TimeoutError)

GEO_BLOCKED, RATE_LIMITED, BANNED = "geo_blocked", "rate_limited", "banned"
_OK = 200
_LIMITED, _BANNED = 429, 418
_REGION = frozenset({403, 451})
# What is waited (s) when a refusal does not say how long: bans last from two minutes up.
_PAUSES = {_LIMITED: 30.0, _BANNED: 120.0}
_BAD_SYMBOL = -1121


def refused(
    status: int, headers: Mapping[str, str], host: str, now: float, code: int = 0, msg: str = ""
) -> CryptoStreamError:
    """Return the error for an answer that is no success.

    ``now`` is Unix time (s); ``code`` and ``msg`` are those of the body, if it had any.
    """
    if code == _BAD_SYMBOL:
        return UnknownSymbol("the exchange does not list it")
    if status in _REGION:
        return SourceError(
            f"{host} refuses this region or address (HTTP {status})",
            code=GEO_BLOCKED,
            hint="the other host is tried; see sources.binance.fallback_stream_url",
        )
    if status in _PAUSES:
        return _paused(status, headers, host, now)
    said = f": {msg[:80]}" if msg else ""
    return SourceError(f"{host} answered HTTP {status}{said}", code="http_error")


def _paused(status: int, headers: Mapping[str, str], host: str, now: float) -> SourceError:
    asked = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    pause = pause_of(asked, now)
    pause = _PAUSES[status] if pause is None else pause
    word = "has banned this address" if status == _BANNED else "limits this address"
    error = SourceError(
        f"{host} {word} for {pause:.0f} s (HTTP {status})",
        code=BANNED if status == _BANNED else RATE_LIMITED,
        hint="nothing is asked until then",
    )
    error.retry_after = pause
    return error


def unreachable(error: BaseException, host: str, now: float) -> CryptoStreamError:
    """Return our error for one of :data:`FOREIGN`; ``now`` is Unix time (s)."""
    if isinstance(error, picows.WSHandshakeError) and error.response is not None:
        response = error.response
        return refused(int(response.status), response.headers, host, now)
    reason = str(error) or type(error).__name__
    return SourceError(
        f"{host} cannot be reached ({reason[:200]})",
        code="unreachable",
        hint="check the network and the addresses of sources.binance",
    )
