"""The dashboard in a real Chromium, before a whole daemon on the simulated market."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from cryptostream.app.daemon import Daemon
from cryptostream.gateway.dashboard import BUILT
from tests.integration.conftest import Market, settings_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from cryptostream.sources.tradingview.chromium import Browser as Found

ROOT = Path(__file__).parents[2]
# A busy machine gets its time; ms.
PATIENCE = 30_000
# Sums what moved without the person's doing, from the first paint on.
COUNT_SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
    window.shifted.push([entry.value, entry.sources.map(
      ({node}) => [node?.nodeName, node?.id, node?.className, node?.textContent?.slice(0, 20)])]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Site:
    """A running daemon with its dashboard, and the visitors of a test."""

    market: Market
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _visitors: list[BrowserContext] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.market.daemon.config.gateway.port}"

    def visit(self, *tickers: str, path: str = "/", **options: Any) -> Page:
        """Return the page of a new visitor who follows these tickers."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        self._visitors.append(context)
        saved = json.dumps({"tickers": [f"BINANCE:{one}" for one in tickers]})
        context.add_init_script(f"localStorage.cryptostream ??= {json.dumps(saved)};{COUNT_SHIFTS}")
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.url + path)
        return page

    def _heard(self, message: Any) -> None:
        # A gateway that was killed refuses connections, and Chromium says so itself.
        if message.type == "error" and "ERR_CONNECTION" not in message.text:
            self.complaints.append(message.text)

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/v1/status", timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def leave(self) -> None:
        for context in self._visitors:
            context.close()
        self._visitors.clear()


def card(page: Page, ticker: str) -> Any:
    return page.locator(f'.card[data-symbol="BINANCE:{ticker}"]')


def wait_live(page: Page, *tickers: str) -> None:
    for ticker in tickers:
        card(page, ticker).and_(page.locator('[data-tone="ok"]')).wait_for()


@pytest.fixture(scope="session")
def require_dashboard() -> None:
    if not (BUILT / "index.html").is_file():
        pytest.skip("the dashboard is not built: run 'make web'")


@pytest.fixture(scope="module")
def chromium(require_browser: Found) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(require_browser.path), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def daemon(
    require_browser: object,
    require_dashboard: None,
    free_ports: Callable[[int], list[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Market]:
    ports = free_ports(4)
    place = str(tmp_path_factory.mktemp("run"))
    settings = {
        **settings_for(ports[:3], f"t{ports[0]}", runtime_dir=place),
        "gateway.enabled": True,
        "gateway.port": ports[3],
        "sources.tradingview.stale_after": 6.0,
    }
    with Daemon(settings, simulated=True) as running:
        yield Market(running)


@pytest.fixture
def site(daemon: Market, chromium: Browser) -> Iterator[Site]:
    """Return the site; afterwards no page may have complained."""
    found = Site(daemon, chromium)
    yield found
    found.leave()
    daemon.clear_faults()
    assert found.complaints == []
