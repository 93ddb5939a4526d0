"""Cards: they live, come, go, and never show a doubtful price as live."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import eventually
from tests.web.conftest import card, wait_live

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
FIELD = "Add a ticker"
# Notes when every card is marked; ms since the epoch.
WATCH_FOR_DOUBT = """() => void new MutationObserver(() => {
  const all = [...document.querySelectorAll(".card")];
  if (all.every((one) => one.hasAttribute("data-doubt"))) window.marked ??= Date.now();
}).observe(document.body, {subtree: true, attributes: true})"""
# Counts how often a card is marked.
COUNT_DOUBT = """() => {
  window.away = 0;
  new MutationObserver((all) => {
    window.away += all.filter(({target}) => target.hasAttribute("data-doubt")).length;
  }).observe(document.body, {subtree: true, attributeFilter: ["data-doubt"]});
}"""


def add(page: Page, text: str) -> None:
    page.get_by_label(FIELD).fill(text)
    page.keyboard.press("Enter")


def wait_for_another_price(page: Page, ticker: str) -> None:
    page.wait_for_function(
        """([symbol, first]) =>
          document.querySelector(`[data-symbol="${symbol}"] .price`).textContent !== first""",
        arg=[f"BINANCE:{ticker}", card(page, ticker).locator(".price").inner_text()],
    )


def symbols(page: Page) -> list[str]:
    return page.locator(".card").evaluate_all("all => all.map(one => one.dataset.symbol)")


def test_cards_live_in_the_order_of_the_alphabet(site: Site) -> None:
    page = site.visit("SOLUSDT", "BTCUSDT", "ETHUSDT")
    wait_live(page, "BTCUSDT", "ETHUSDT", "SOLUSDT")
    assert symbols(page) == ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "BINANCE:SOLUSDT"]
    wait_for_another_price(page, "BTCUSDT")
    shown = card(page, "BTCUSDT").inner_text()
    for part in ("Bid", "Ask", "live", "tradingview/", "simulated"):
        assert part in shown


def test_a_ticker_is_found_while_typing_and_added_by_keyboard(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    page.keyboard.press("/")
    page.keyboard.type("dogeusdt")
    page.locator("#add-list li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_live(page, "DOGEUSDT")
    page.reload()
    wait_live(page, "BTCUSDT", "DOGEUSDT")


def test_what_is_no_ticker_or_there_already_is_told_at_the_field(site: Site) -> None:
    page = site.visit("BTCUSDT")
    add(page, "not a ticker!")
    page.get_by_text("Write TICKER or EXCHANGE:TICKER").wait_for()
    assert page.get_by_label(FIELD).get_attribute("aria-invalid") == "true"
    add(page, "btcusdt")
    page.get_by_text("is in the list already").wait_for()
    assert symbols(page) == ["BINANCE:BTCUSDT"]


def test_an_invalid_ticker_leaves_with_its_reason_and_its_neighbour_lives_on(site: Site) -> None:
    page = site.visit("ETHUSDT")
    wait_live(page, "ETHUSDT")
    add(page, "ETHUSDX")
    page.get_by_text("BINANCE:ETHUSDX was removed").wait_for()
    page.get_by_role("button", name="Add BINANCE:ETHUSDT").wait_for()
    wait_live(page, "ETHUSDT")
    assert symbols(page) == ["BINANCE:ETHUSDT"]
    saved = json.loads(page.evaluate("localStorage.cryptostream"))
    assert saved["tickers"] == ["BINANCE:ETHUSDT"]


def test_a_removed_ticker_is_followed_no_more(site: Site) -> None:
    page = site.visit("ETHUSDT", "XRPUSDT")
    wait_live(page, "ETHUSDT", "XRPUSDT")
    page.get_by_role("button", name="Remove BINANCE:XRPUSDT").click()
    card(page, "XRPUSDT").wait_for(state="detached")
    eventually(lambda: "BINANCE:XRPUSDT" not in site.status()["gateway"]["tickers"])
    page.reload()
    wait_live(page, "ETHUSDT")
    assert symbols(page) == ["BINANCE:ETHUSDT"]


def test_pause_holds_the_prices_marked_and_resume_goes_on(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    page.locator("body").press("p")
    card(page, "BTCUSDT").and_(page.locator("[data-doubt]")).wait_for()
    assert "paused" in card(page, "BTCUSDT").inner_text()
    page.get_by_role("button", name="Resume").click()
    wait_live(page, "BTCUSDT")


def test_the_update_interval_changes_live_and_is_kept(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    before = site.status()["gateway"]["viewers"][0]["conflated"]
    page.get_by_label("Updates").select_option("1000")
    eventually(lambda: site.status()["gateway"]["viewers"][0]["conflated"] > before + 10)
    assert json.loads(page.evaluate("localStorage.cryptostream"))["interval"] == 1000


def test_a_frozen_price_is_struck_through_with_the_reason(site: Site) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT")
    wait_live(page, "BTCUSDT", "ETHUSDT")
    site.market.set_fault("freeze_dom", "BINANCE:BTCUSDT")
    struck = card(page, "BTCUSDT").and_(page.locator("[data-doubt]"))
    struck.wait_for()
    line = struck.locator(".price").evaluate("one => getComputedStyle(one).textDecorationLine")
    assert line == "line-through"
    assert struck.locator(".reason").inner_text()
    assert card(page, "ETHUSDT").get_attribute("data-doubt") is None
    site.market.clear_faults()
    wait_live(page, "BTCUSDT")


def test_a_killed_gateway_marks_every_card_within_two_seconds_and_all_recovers(site: Site) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT")
    wait_live(page, "BTCUSDT", "ETHUSDT")
    gateway = site.status()["gateway"]["pid"]
    page.evaluate(WATCH_FOR_DOUBT)
    killed = time.time_ns() / 1e6
    os.kill(gateway, signal.SIGKILL)
    page.wait_for_function("() => window.marked")
    assert page.evaluate("window.marked") - killed < 2000
    wait_live(page, "BTCUSDT", "ETHUSDT")
    assert page.locator("#link-text").inner_text() == "connected"
    page.get_by_role("link", name="Operator").click()
    row = page.get_by_role("table", name="This page", exact=True).locator("tbody td")
    row.first.wait_for()
    ticks, _, gaps, reconnects, malformed = row.all_inner_texts()
    assert (gaps, malformed) == ("0", "0")
    assert int(ticks) > 0
    assert int(reconnects) >= 1


def test_a_mute_gateway_marks_every_card_within_two_seconds(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    gateway = site.status()["gateway"]["pid"]
    page.evaluate(WATCH_FOR_DOUBT)
    stopped = time.time_ns() / 1e6
    os.kill(gateway, signal.SIGSTOP)
    try:
        page.wait_for_function("() => window.marked")
        assert page.evaluate("window.marked") - stopped < 2000
    finally:
        os.kill(gateway, signal.SIGCONT)
    wait_live(page, "BTCUSDT")


def test_two_visitors_share_one_page_of_the_browser(site: Site) -> None:
    pages = [site.visit("BNBUSDT"), site.visit("BNBUSDT")]
    for page in pages:
        wait_live(page, "BNBUSDT")
    pages[1].evaluate(COUNT_DOUBT)
    status = site.status()
    assert status["gateway"]["tickers"] == {"BINANCE:BNBUSDT": 2}
    held = [one for one in status["daemon"]["clients"] if "BINANCE:BNBUSDT" in one["tickers"]]
    assert len(held) == 1
    eventually(lambda: _pages(site) == 1)

    pages[0].context.close()
    eventually(lambda: site.status()["gateway"]["tickers"] == {"BINANCE:BNBUSDT": 1})
    wait_for_another_price(pages[1], "BNBUSDT")
    wait_live(pages[1], "BNBUSDT")
    assert _pages(site) == 1
    assert pages[1].evaluate("window.away") == 0


def _pages(site: Site) -> int:
    return sum(one.get("pages", 0) for one in site.status()["daemon"]["workers"])
