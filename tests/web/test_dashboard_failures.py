"""Cards of tickers that fail: counted down, given up with the remedy, and tried again."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import card, fits, violations, wait_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.integration.conftest import Market
    from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
# Notes every reason that a card shows, in their order.
NOTE_REASONS = """(symbol) => {
  const reason = document.querySelector(`[data-symbol="${symbol}"] .reason`);
  window.reasons = [reason.textContent];
  new MutationObserver(() => window.reasons.push(reason.textContent)).observe(
    reason, {childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture(scope="module")
def daemon(start_daemon: Callable[..., Market]) -> Market:
    """Return a daemon that finds a page without a price soon, and gives up at its second."""
    return start_daemon(
        sources__tradingview__value_timeout=1.0,
        reconciler__first_backoff=4.0,
        reconciler__give_up_after=1,
    )


def failing(site: Site, ticker: str, **options: Any) -> tuple[Page, Locator]:
    """Return a page with a card of a ticker that has no price, and the card.

    Each test takes a ticker of its own: one that was live a moment ago still is.
    """
    site.market.set_fault("never_fills", f"BINANCE:{ticker}")
    page = site.visit(ticker, "ETHUSDT", **options)
    wait_live(page, "ETHUSDT")
    return page, card(page, ticker)


def wait_phase(found: Locator, label: str) -> None:
    found.filter(has=found.page.locator(f'.label:text-is("{label}")')).wait_for()


def test_the_next_attempt_is_counted_down_and_ends_live(site: Site) -> None:
    # The one pause that chance cannot make too short to be seen.
    site.market.set_fault("status_429", "BINANCE:BTCUSDT", retry_after=5)
    page = site.visit("BTCUSDT")
    found = card(page, "BTCUSDT")
    wait_phase(found, "retrying")
    page.evaluate(NOTE_REASONS, "BINANCE:BTCUSDT")
    site.market.clear_faults()
    wait_live(page, "BTCUSDT")
    told = "\n".join(page.evaluate("window.reasons"))
    shown = [int(left) for left in re.findall(r"next attempt in (\d+) s", told)]
    # The same number again is another attempt, or a clock that went back.
    assert shown == sorted(set(shown), reverse=True)
    assert len(shown) >= 3
    assert found.locator(".reason").inner_text() == ""
    assert not found.get_by_role("button", name="Try").is_visible()


def test_what_was_given_up_says_why_and_what_can_be_done(site: Site) -> None:
    page, found = failing(site, "SOLUSDT")
    wait_phase(found, "failed")
    assert found.get_attribute("data-tone") == "bad"
    reason = found.locator(".reason").inner_text()
    assert "no price within" in reason
    assert "given up after" in reason
    assert reason.endswith("try again, or choose another source in its view")
    assert found.get_by_role("button", name="Try again: BINANCE:SOLUSDT").is_enabled()
    assert card(page, "ETHUSDT").get_attribute("data-tone") == "ok"


@pytest.mark.parametrize("where", ["card", "view"])
def test_it_is_tried_again_at_once_for_everybody_who_wants_it(site: Site, where: str) -> None:
    """A second visitor and a program hold the ticker too: nobody has to give it up first."""
    ticker = {"card": "BNBUSDT", "view": "DOGEUSDT"}[where]
    page, found = failing(site, ticker)
    other = site.visit(ticker)
    wait_phase(found, "failed")
    keep(site, ticker)
    # A program that comes begins it anew as well, and it fails again.
    wait_phase(found, "failed")
    if where == "view":
        found.get_by_role("link").click()
    site.market.clear_faults()
    again = page.get_by_role("button", name=f"Try again: BINANCE:{ticker}")
    again.focus()
    page.keyboard.press("Enter")
    again.wait_for(state="hidden")
    focused = "document.activeElement.closest('[data-symbol]')?.dataset.symbol"
    assert page.evaluate(focused) == f"BINANCE:{ticker}"
    page.locator(f'[data-symbol="BINANCE:{ticker}"][data-tone="ok"]:visible').wait_for()
    wait_live(other, ticker)


def keep(site: Site, ticker: str) -> None:
    """Want a ticker from outside, like a program of somebody else."""
    control = f"router.control={site.market.daemon.config.router.control}"
    subprocess.run(
        [sys.executable, "-m", "cryptostream", "--set", control, "add", ticker],
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_failure_can_be_read_by_everybody_on_a_phone(site: Site, colours: str) -> None:
    phone = {"width": 390, "height": 800}
    page, found = failing(site, "XRPUSDT", color_scheme=colours, viewport=phone)
    wait_phase(found, "failed")
    page.emulate_media(reduced_motion="reduce")
    assert whole(found.locator(".reason"))
    assert violations(page) == []
    assert fits(page)
    found.get_by_role("link").click()
    shown = page.locator(".detail")
    shown.get_by_role("button", name="Try again: BINANCE:XRPUSDT").wait_for()
    assert whole(shown.locator(".reason"))
    assert violations(page) == []
    assert fits(page)


def whole(text: Locator) -> bool:
    """Tell whether nothing of a text is cut off."""
    return bool(text.evaluate("one => one.scrollHeight <= one.clientHeight"))
