"""Every failure of the browser and of the site becomes one of our codes."""

from __future__ import annotations

import pytest
from playwright.async_api import Error as PlaywrightError

from cryptostream.sources.tradingview.border import from_playwright, refused


class Answered:
    """An answer of the site: its status and its headers."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        self._headers = headers

    async def header_value(self, name: str) -> str | None:
        return self._headers.get(name.replace("-", "_"))


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
async def test_a_status_has_its_code(status: int, code: str, retriable: bool) -> None:
    error = await refused(Answered(status), "BINANCE:BTCUSDT")

    assert (error.code, error.retriable) == (code, retriable)


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("soon", None), ("", None)])
async def test_the_pause_that_the_site_asks_for_is_kept(header: str, seconds: float | None) -> None:
    error = await refused(Answered(429, retry_after=header), "BINANCE:BTCUSDT")

    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Page.goto: net::ERR_CONNECTION_REFUSED at http://x", "unreachable"),
        ("Page crashed", "crashed"),
        ("Target page, context or browser has been closed", "page_closed"),
        ("something nobody has seen before\nwith a second line", "browser_error"),
        ("", "browser_error"),
    ],
)
def test_what_playwright_raises_has_its_code(text: str, code: str) -> None:
    error = from_playwright(PlaywrightError(text), "BINANCE:BTCUSDT")

    assert error.code == code
    assert "\n" not in error.message
    assert error.retriable
