"""Foreign failures become ours, each with a code; none is forgotten."""

import inspect

import aiohttp
import picows
import pytest
from multidict import CIMultiDict
from picows import WSUpgradeResponse

from cryptostream.sources.binance.border import FOREIGN, refused, unreachable

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("status", "headers", "code", "pause"),
    [
        (451, {}, "geo_blocked", None),
        (403, {}, "geo_blocked", None),
        (429, {"retry-after": "7"}, "rate_limited", 7.0),
        (429, {}, "rate_limited", 30.0),
        (418, {"Retry-After": "240"}, "banned", 240.0),
        (418, {"Retry-After": "soon"}, "banned", 120.0),
        (500, {}, "http_error", None),
        (404, {}, "http_error", None),
    ],
)
def test_a_status_has_a_code_and_perhaps_a_pause(status, headers, code, pause):
    error = refused(status, headers, "host", NOW)
    assert (error.code, error.retry_after, error.retriable) == (code, pause, True)
    assert "host" in error.message


def test_an_unknown_symbol_is_told_from_a_bad_request():
    assert refused(400, {}, "host", NOW, -1121, "Invalid symbol.").code == "unknown_symbol"
    error = refused(400, {}, "host", NOW, -1100, "Illegal characters")
    assert (error.code, "Illegal" in error.message) == ("http_error", True)


def test_a_refused_handshake_is_told_by_its_status():
    response = WSUpgradeResponse.create_error_response(429)
    response.headers = CIMultiDict({"Retry-After": "9"})
    error = unreachable(picows.WSInvalidStatusError("no", response=response), "host", NOW)
    assert (error.code, error.retry_after) == ("rate_limited", 9.0)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no"),
        TimeoutError(),
        OSError("x" * 1000),
        aiohttp.ClientPayloadError(),
        picows.WSInvalidMessageError("no"),
    ],
)
def test_everything_else_is_unreachable(error):
    ours = unreachable(error, "host", NOW)
    assert (ours.code, ours.retriable) == ("unreachable", True)
    assert ours.hint
    assert len(ours.message) < 300


@pytest.mark.parametrize("library", [aiohttp, picows])
def test_every_error_of_the_libraries_is_caught_at_the_border(library):
    errors = [
        kind
        for _, kind in inspect.getmembers(library, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    # The end of a stream within the library, and its web sockets, which we do not use.
    ours = {"EofStream", "WSMessageTypeError", "WebSocketError"}
    missed = [k for k in errors if not issubclass(k, FOREIGN) and k.__name__ not in ours]
    assert missed == []
