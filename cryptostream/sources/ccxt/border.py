"""The border to ccxt: its exceptions become ours here, and only here.

Importing this module loads ccxt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aiohttp
from ccxt.base import errors as theirs

from cryptostream.errors import SourceError
from cryptostream.sources.retry_after import pause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# Longer texts of ccxt's hold the whole body of an answer.
_SHOWN = 160
_LIMITED = frozenset({418, 429})
_REFUSED = frozenset({403, 451})
_SERVER_ERROR = 500
# ccxt tells the status only in its text: exchange, method, address, status, reason, body.
_STATUS = re.compile(r" (?:GET|POST) \S+ (\d{3}) ")

# ccxt's class, our code, whether trying the same again can help. Derived classes come before
# their base; what the library calls an operation that failed may be tried again, what it calls
# an error of the exchange may not.
_CODES: tuple[tuple[type[Exception], str, bool], ...] = (
    (theirs.BadSymbol, "unknown_symbol", False),
    (theirs.ContractUnavailable, "unknown_symbol", False),
    (theirs.MarketClosed, "halted", True),
    (theirs.RestrictedLocation, "blocked", True),
    (theirs.AuthenticationError, "unauthorized", False),
    (theirs.NotSupported, "unsupported", False),
    (theirs.InvalidProxySettings, "bad_proxy", False),
    (theirs.ExchangeClosedByUser, "connection_lost", True),
    (theirs.DDoSProtection, "rate_limited", True),
    (theirs.RateLimitExceeded, "rate_limited", True),
    (theirs.OnMaintenance, "maintenance", True),
    (theirs.ExchangeNotAvailable, "unreachable", True),
    (theirs.RequestTimeout, "unreachable", True),
    (theirs.InvalidNonce, "malformed", True),
    (theirs.NetworkError, "connection_lost", True),
    (theirs.BadResponse, "malformed", True),
    (theirs.OperationFailed, "http_error", True),
    (theirs.UnsubscribeError, "http_error", True),
    (theirs.ExchangeError, "refused", False),
    (theirs.BaseError, "refused", False),
)
# What ccxt itself stumbles with over an answer that it did not expect.
_STUMBLES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def ours(
    error: BaseException, exchange: str, headers: Mapping[str, str], now: float
) -> SourceError:
    """Return the error of ours for one that came out of ccxt.

    ``headers`` are those of its last answer, ``now`` is Unix time in s. What nobody foresaw is
    a failure of the library with that exchange: the others go on.
    """
    cause = _cause(error)
    if isinstance(cause, aiohttp.WSServerHandshakeError):
        return _refusal(exchange, cause.status, _asked(cause.headers or {}, now))
    if cause is not None:
        return SourceError(f"{exchange} cannot be reached: {_short(cause)}", code="unreachable")
    if isinstance(error, theirs.BaseError):
        return _translated(error, exchange, _asked(headers, now))
    if isinstance(error, _STUMBLES):
        text = f"{exchange} sent what ccxt cannot read ({type(error).__name__}: {_short(error)})"
        return SourceError(text, code="malformed")
    text = f"ccxt failed with {exchange} ({type(error).__name__}: {_short(error)})"
    return SourceError(text, code="library_failed")


def _cause(error: BaseException) -> aiohttp.ClientError | OSError | None:
    """Return the failure of a connection; ccxt hides that of a websocket in its own error."""
    found = (error, *error.args)
    return next((one for one in found if isinstance(one, aiohttp.ClientError | OSError)), None)


def _translated(error: theirs.BaseError, exchange: str, retry_after: float | None) -> SourceError:
    status = _STATUS.search(str(error))
    if status is not None and int(status[1]) in _REFUSED | _LIMITED:
        return _refusal(exchange, int(status[1]), retry_after)
    code, retriable = next(
        (code, retriable) for kind, code, retriable in _CODES if isinstance(error, kind)
    )
    text = f"{exchange}: {_short(error) or type(error).__name__}"
    found = SourceError(text, code=code, retriable=retriable)
    if code == "rate_limited":
        found.retry_after = retry_after
    return found


def _refusal(exchange: str, status: int, retry_after: float | None) -> SourceError:
    if status in _LIMITED:
        text, code = f"{exchange} allows no more calls now (HTTP {status})", "rate_limited"
    elif status in _REFUSED:
        text, code = f"{exchange} refuses us, or our region (HTTP {status})", "blocked"
    elif status >= _SERVER_ERROR:
        text, code = f"{exchange} is not available now (HTTP {status})", "unreachable"
    else:
        text, code = f"{exchange} answered HTTP {status}", "http_error"
    error = SourceError(text, code=code)
    error.retry_after = retry_after
    return error


def _asked(headers: Mapping[str, str], now: float) -> float | None:
    named = {name.lower(): value for name, value in headers.items()}
    return pause_of(named.get("retry-after"), now)


def _short(error: BaseException) -> str:
    """Return the text of an error without the page that it may carry."""
    text = " ".join(str(error).partition("<")[0].split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
