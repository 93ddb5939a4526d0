"""Asking an exchange for its listing: one HTTP request, in bounds of time and size."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from cryptostream.errors import SourceError
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from cryptostream.sources.directory.exchanges import Exchange
    from cryptostream.sources.directory.instruments import Instrument

_OK = 200
_NOT_MODIFIED = 304
# Binance's listing, the largest, was about 15 MB in 2026.
LARGEST = 64 * 1024 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came; no instruments mean that the listing is the one of the etag that was named."""

    instruments: tuple[Instrument, ...]
    etag: str = ""


async def fetch(http: aiohttp.ClientSession, exchange: Exchange, base: str, etag: str) -> Answer:
    """Return the listing of an exchange, or that it is still the one called ``etag``.

    Raises:
        SourceError: it is not to be had now; ``retry_after`` in s where the host said so.

    """
    url = f"{base.rstrip('/')}{exchange.path}"
    try:
        async with http.get(url, headers={"If-None-Match": etag} if etag else {}) as response:
            if response.status == _NOT_MODIFIED and etag:
                return Answer((), etag)
            if response.status != _OK:
                raise _refused(response)
            body = await _body(response)
            etag = response.headers.get("ETag", "")
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise SourceError(f"{url}: {reason}", code="unreachable") from error
    # Some megabytes of JSON: the loop serves clients meanwhile.
    return Answer(await asyncio.to_thread(exchange.parse, body), etag)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, unpacked.

    Raises:
        SourceError: it is longer than any listing.

    """
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise SourceError(
                f"{response.url.path} sends more than {LARGEST} bytes", code="malformed"
            )
    return bytes(body)


def _refused(response: aiohttp.ClientResponse) -> SourceError:
    error = SourceError(f"{response.url.path} answered HTTP {response.status}", code="http_error")
    error.retry_after = pause_of(response.headers.get("Retry-After"), time.time_ns() / 1e9)
    return error
