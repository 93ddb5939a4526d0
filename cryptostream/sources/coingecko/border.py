"""The border to CoinGecko: its errors, and those of HTTP, become ours here, and only here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from cryptostream.errors import SourceError
from cryptostream.sources.coingecko.answers import Failure, failure_in, json_of
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# The list of all coins is about 2 MB; nobody may make us hold more than this (bytes).
LARGEST = 32_000_000
_OK = 200
_FIRST_ERROR = 300
_LIMITED = 429
_UNAUTHORIZED = frozenset({401})
_FORBIDDEN = frozenset({403, 451, 1020})
# CoinGecko's own codes.
_KEY_CODES = {
    10002: "there is none, or a wrong one",
    10005: "its plan does not include this",
    10010: "it is a paid key, which belongs to the other host",
    10011: "it is a demo key, which belongs to the other host",
}
_SIMULATED = "X-CryptoStream-Simulated"


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON value of a good answer; ``simulated`` as its header says."""

    value: object
    simulated: bool


async def fetch(
    http: aiohttp.ClientSession, url: str, params: Mapping[str, str], headers: Mapping[str, str]
) -> Answer:
    """Return the answer to a question.

    Raises:
        SourceError: there is none; ``retry_after`` in s where the host asks for a pause.

    """
    try:
        # A key must not follow a redirection to somebody else.
        async with http.get(url, params=params, headers=headers, allow_redirects=False) as response:
            body = await _body(response)
    except TimeoutError as error:
        raise SourceError("CoinGecko did not answer in time", code="unreachable") from error
    except aiohttp.ClientError as error:
        reason = str(error) or type(error).__name__
        raise SourceError(f"CoinGecko cannot be reached: {reason}", code="unreachable") from error
    return _read(response, body)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise SourceError("CoinGecko's answer is too long", code="malformed")
    return bytes(body)


def _read(response: aiohttp.ClientResponse, body: bytes) -> Answer:
    asked = pause_of(response.headers.get("Retry-After"), time.time_ns() / 1e9)
    if response.status >= _FIRST_ERROR:
        raise refused(response.status, _failure(body), asked)
    value = json_of(body)
    failure = failure_in(value)
    if failure is not None:
        raise refused(response.status, failure, asked)
    return Answer(value, response.headers.get(_SIMULATED) == "true")


def _failure(body: bytes) -> Failure | None:
    try:
        return failure_in(json_of(body))
    except SourceError:
        # A firewall answers with HTML: its status says all there is.
        return None


def refused(status: int, failure: Failure | None, retry_after: float | None) -> SourceError:
    """Return the error for a refusal: by its HTTP status, or by the code in its body."""
    code = failure.code if failure is not None else 0
    said = f": {failure.text}" if failure is not None and failure.text else ""
    words = f"HTTP {status}" if status != _OK or not code else f"error {code} under HTTP 200"
    if _LIMITED in (status, code):
        error = SourceError(
            f"CoinGecko allows no more calls now ({words})",
            code="rate_limited",
            hint="poll less often, or use a key: sources.coingecko.plan",
        )
    elif status in _UNAUTHORIZED or code in _UNAUTHORIZED or code in _KEY_CODES:
        # Not the far side's own text: it may repeat the key.
        error = unauthorized(f"CoinGecko refuses the key ({_KEY_CODES.get(code, words)})")
    elif status in _FORBIDDEN or code in _FORBIDDEN:
        error = SourceError(f"CoinGecko's firewall refuses us ({words})", code="blocked")
    else:
        error = SourceError(f"CoinGecko answered {words}{said}", code="http_error")
    error.retry_after = retry_after
    return error


def unauthorized(text: str) -> SourceError:
    """Return the error for a key that is missing or refused."""
    return SourceError(
        text,
        code="unauthorized",
        hint="sources.coingecko.plan must fit the key in COINGECKO_API_KEY or key_file",
    )
