"""Every failure of the browser and of the site becomes one of our codes."""

from __future__ import annotations

import pytest

from cryptostream.sources.tradingview.border import refused, unreachable


@pytest.mark.parametrize(
    ("status", "code", "retriable"),
    [
        (404, "not_found", False),
        (403, "blocked", True),
        (429, "blocked", True),
        (503, "blocked", True),
        (500, "http_error", True),
        (410, "http_error", True),
    ],
)
def test_a_status_has_its_code(status: int, code: str, retriable: bool) -> None:
    error = refused(status, {}, "BINANCE:BTCUSDT", now=0.0)

    assert (error.code, error.retriable) == (code, retriable)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "30"}, 30.0), ({"retry-after": "soon"}, None), ({}, None)],
)
def test_the_pause_that_the_site_asks_for_is_kept(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert refused(429, headers, "BINANCE:BTCUSDT", now=0.0).retry_after == seconds


def test_a_page_that_cannot_be_reached_names_the_reason_and_the_remedy() -> None:
    error = unreachable("net::ERR_CONNECTION_REFUSED", "BINANCE:BTCUSDT")

    assert error.code == "unreachable"
    assert "ERR_CONNECTION_REFUSED" in error.message
    assert "net::" not in error.message
    assert error.retriable
