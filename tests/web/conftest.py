"""The dashboard in a real Chromium, before a whole daemon on the simulated market."""

from __future__ import annotations

import json
import os
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

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
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
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
    # Sent along by what a test asks of the gateway itself.
    token: str = ""
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
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.url}/v1/status", headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
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


def violations(page: Page) -> list[Any]:
    """Return what keeps somebody from using the page."""
    if not AXE.is_file():
        lacking("axe-core is not installed: run 'make web'")
    # The policy of the page allows no script of others: it is evaluated, not inserted.
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]
    ]


def fits(page: Page) -> bool:
    """Tell whether nothing is wider than the window."""
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"))


def lacking(words: str) -> NoReturn:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def require_dashboard() -> None:
    if not (BUILT / "index.html").is_file():
        lacking("the dashboard is not built: run 'make web'")


@pytest.fixture(scope="module")
def chromium(require_browser: Found) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(require_browser.path), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def start_daemon(
    require_browser: object,
    require_dashboard: None,
    free_ports: Callable[[int], list[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Market]]:
    """Return a function that starts a daemon with a dashboard for all tests of a module."""
    with ExitStack() as running:

        def start(**settings: object) -> Market:
            ports = free_ports(4)
            place = str(tmp_path_factory.mktemp("run"))
            given = settings_for(ports[:3], f"t{ports[0]}", runtime_dir=place, **settings)
            gateway = {"gateway.enabled": True, "gateway.port": ports[3]}
            return Market(running.enter_context(Daemon({**given, **gateway}, simulated=True)))

        yield start


@pytest.fixture(scope="module")
def daemon(start_daemon: Callable[..., Market]) -> Market:
    """Return the daemon of a module; one that needs other settings has a fixture of its own."""
    return start_daemon(sources__tradingview__stale_after=6.0)


def visited(site: Site) -> Iterator[Site]:
    """Lend a site; afterwards nobody is left there, and no page may have complained."""
    yield site
    site.leave()
    site.market.clear_faults()
    assert site.complaints == []


@pytest.fixture
def site(daemon: Market, chromium: Browser) -> Iterator[Site]:
    yield from visited(Site(daemon, chromium))
