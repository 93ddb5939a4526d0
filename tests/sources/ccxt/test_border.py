"""ccxt's exceptions as ours: none is forgotten."""

import aiohttp
import pytest
from ccxt.base import errors as theirs
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.border import ours


def names(tree):
    for name, below in tree.items():
        yield name
        yield from names(below)


EVERY = list(names(theirs.error_hierarchy))


def mapped(error, headers=None):
    return ours(error, "kraken", headers or {}, 0.0)


def handshake(status, headers=()):
    request = aiohttp.RequestInfo(URL("ws://x"), "GET", CIMultiDictProxy(CIMultiDict()))
    return aiohttp.WSServerHandshakeError(
        request, (), status=status, headers=CIMultiDict(headers), message="refused"
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_error_of_the_library_has_a_code(name):
    error = mapped(getattr(theirs, name)("text"))
    assert isinstance(error, SourceError)
    assert error.code != SourceError.code
    assert error.message == "kraken: text"


@pytest.mark.parametrize("name", EVERY)
def test_what_the_library_calls_a_failed_operation_may_be_tried_again(name):
    kind = getattr(theirs, name)
    if issubclass(kind, theirs.OperationFailed):
        assert mapped(kind("text")).retriable


@pytest.mark.parametrize(
    ("error", "code", "retriable"),
    [
        (theirs.BadSymbol("x"), "unknown_symbol", False),
        (theirs.BadRequest("x"), "refused", False),
        (theirs.MarketClosed("x"), "halted", True),
        (theirs.RestrictedLocation("x"), "blocked", True),
        (theirs.PermissionDenied("x"), "unauthorized", False),
        (theirs.NotSupported("x"), "unsupported", False),
        (theirs.ExchangeError("x"), "refused", False),
        (theirs.ExchangeClosedByUser("x"), "connection_lost", True),
        (theirs.NetworkError("x"), "connection_lost", True),
        (theirs.DDoSProtection("x"), "rate_limited", True),
        (theirs.RateLimitExceeded("x"), "rate_limited", True),
        (theirs.OnMaintenance("x"), "maintenance", True),
        (theirs.ExchangeNotAvailable("x"), "unreachable", True),
        (theirs.ExchangeNotAvailable("kraken GET http://x/y 451 No text"), "blocked", True),
        (theirs.ExchangeNotAvailable("kraken GET http://x/y 403 No text"), "blocked", True),
        (theirs.ExchangeNotAvailable("kraken GET http://x/y 503 No text"), "unreachable", True),
        (theirs.DDoSProtection("kraken GET http://x/y 418 No text"), "rate_limited", True),
        (theirs.RequestTimeout("x"), "unreachable", True),
        (theirs.NullResponse("x"), "malformed", True),
        (theirs.NetworkError(handshake(429)), "rate_limited", True),
        (theirs.NetworkError(handshake(451)), "blocked", True),
        (theirs.NetworkError(handshake(503)), "unreachable", True),
        (theirs.NetworkError(handshake(404)), "http_error", True),
        (theirs.NetworkError(ConnectionRefusedError("x")), "unreachable", True),
        (aiohttp.ClientPayloadError("x"), "unreachable", True),
        (TimeoutError(), "unreachable", True),
        (KeyError("x"), "malformed", True),
        (TypeError("x"), "malformed", True),
        (AttributeError("x"), "malformed", True),
        (ZeroDivisionError("x"), "malformed", True),
    ],
)
def test_an_error_becomes_one_of_ours(error, code, retriable):
    found = mapped(error)
    assert (found.code, found.retriable) == (code, retriable)


def test_the_pause_that_is_asked_for_is_passed_on():
    asked = {"retry-after": "17"}
    assert mapped(theirs.RateLimitExceeded("x"), asked).retry_after == 17.0
    assert mapped(theirs.RateLimitExceeded("k GET http://x 429 Many "), asked).retry_after == 17.0
    assert mapped(theirs.NetworkError(handshake(429, {"Retry-After": "5"}))).retry_after == 5.0
    assert mapped(theirs.NetworkError("x"), asked).retry_after is None


def test_what_nobody_foresaw_is_a_failure_of_the_library():
    error = mapped(RuntimeError("Session is closed"))
    assert (error.code, error.retriable) == ("library_failed", True)
    assert "RuntimeError: Session is closed" in error.message


def test_a_page_does_not_become_part_of_a_message():
    error = mapped(theirs.BadResponse("kraken said\n\n  <html>" + "x" * 100_000))
    assert error.message == "kraken: kraken said"
    assert len(mapped(theirs.BadResponse("x" * 100_000)).message) < 200
