"""Requests to Binance's REST: the thin shell around :mod:`inquiries`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.sources.binance.border import FOREIGN, refused, unreachable
from cryptostream.sources.binance.listing import decode_refusal

if TYPE_CHECKING:
    import aiohttp

    from cryptostream.sources.binance.inquiries import Question

SIMULATED_HEADER = "X-CryptoStream-Simulated"
_WEIGHT_HEADER = "X-MBX-USED-WEIGHT-1M"
_OK = 200
# The longest answer we ask for is a listing of a hundred tickers; more is not read (bytes).
_LONGEST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A good answer; ``weight`` is what the exchange counted for us in this minute."""

    data: bytes
    simulated: bool
    weight: str


async def ask(http: aiohttp.ClientSession, host: str, question: Question) -> Body:
    """Return the answer to a question.

    Raises:
        UnknownSymbol: one of its tickers is not listed.
        SourceError: it is not to be had now; ``retry_after`` in s where the host said so.

    """
    url = f"{host}{question.kind.value}"
    try:
        async with http.get(url, params=question.params) as response:
            data = await response.content.read(_LONGEST)
            if response.status != _OK:
                code, msg = decode_refusal(data)
                raise refused(response.status, response.headers, host, _now(), code, msg)
            if not response.content.at_eof():
                raise SourceError(f"{host} answers without end", code="malformed")
            simulated = SIMULATED_HEADER in response.headers
            return Body(data, simulated, response.headers.get(_WEIGHT_HEADER, ""))
    except FOREIGN as error:
        raise unreachable(error, host, _now()) from error


def _now() -> float:
    return time.time_ns() / 1e9
