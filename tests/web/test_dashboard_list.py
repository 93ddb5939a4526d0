"""The list of tickers: by keyboard alone, and as it was after a reload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import eventually
from tests.web.conftest import card, wait_live

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
FOCUSED = "document.activeElement.closest('.card')?.dataset.symbol ?? document.activeElement.id"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def wait_focus(page: Page, expected: str) -> None:
    page.wait_for_function(f"expected => ({FOCUSED}) === expected", arg=expected)


def saved(page: Page) -> list[str]:
    return [
        one.split(":")[1]
        for one in json.loads(page.evaluate("localStorage.cryptostream"))["tickers"]
    ]


def test_tickers_are_added_walked_and_removed_without_a_mouse(site: Site) -> None:
    page = site.visit("BTCUSDT", "SOLUSDT")
    wait_live(page, "BTCUSDT", "SOLUSDT")
    press(page, "/")
    page.keyboard.type("ethusdt")
    press(page, "Enter")
    wait_live(page, "ETHUSDT")
    press(page, "Tab", "Tab")
    wait_focus(page, "BINANCE:BTCUSDT")
    press(page, "ArrowRight", "ArrowRight")
    wait_focus(page, "BINANCE:SOLUSDT")
    press(page, "ArrowLeft")
    wait_focus(page, "BINANCE:ETHUSDT")
    press(page, "Delete")
    card(page, "ETHUSDT").wait_for(state="detached")
    wait_focus(page, "BINANCE:SOLUSDT")
    press(page, "Delete")
    wait_focus(page, "BINANCE:BTCUSDT")
    assert saved(page) == ["BTCUSDT"]
    eventually(lambda: list(site.status()["gateway"]["tickers"]) == ["BINANCE:BTCUSDT"])
    # What a mouse would press is reached by Tab too.
    press(page, "Tab", "Enter")
    page.get_by_text("No tickers yet").wait_for()
    wait_focus(page, "add-input")


def test_who_comes_back_from_a_ticker_goes_on_where_they_were(site: Site) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT")
    wait_live(page, "BTCUSDT", "ETHUSDT")
    press(page, "/", "Tab", "Tab", "ArrowRight", "Enter")
    page.locator(".detail[data-symbol$=ETHUSDT] .chart canvas").first.wait_for()
    press(page, "Escape")
    wait_focus(page, "BINANCE:ETHUSDT")


def test_leaving_a_ticker_before_its_history_came_breaks_nothing(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    # Never answered: leaving takes the request back.
    page.route("**/v1/history?*limit=5000*", lambda _route: None)
    card(page, "BTCUSDT").get_by_role("link").click()
    page.locator(".detail .chart canvas").first.wait_for()
    press(page, "Escape")
    wait_focus(page, "BINANCE:BTCUSDT")
    # A chart would be drawn by then, also one that is gone.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def test_what_is_typed_counts_and_not_what_was_chosen_before(site: Site) -> None:
    page = site.visit("BTCUSDT")
    press(page, "/")
    page.keyboard.type("eth")
    page.locator("#add-list li").first.wait_for()
    press(page, "ArrowDown", "ControlOrMeta+a")
    # Faster than any search.
    page.keyboard.type("solusdt")
    press(page, "Enter")
    wait_live(page, "BTCUSDT", "SOLUSDT")
    assert saved(page) == ["BTCUSDT", "SOLUSDT"]


def test_the_list_is_kept_over_a_reload_with_sources_and_also_when_it_is_empty(site: Site) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT@tradingview")
    wait_live(page, "BTCUSDT", "ETHUSDT@tradingview")
    page.reload()
    wait_live(page, "BTCUSDT", "ETHUSDT@tradingview")
    assert saved(page) == ["BTCUSDT", "ETHUSDT@tradingview"]
    for ticker in ("BTCUSDT", "ETHUSDT@tradingview"):
        page.get_by_role("button", name=f"Remove BINANCE:{ticker}").click()
    page.get_by_text("No tickers yet").wait_for()
    page.reload()
    page.locator('#link[data-phase="open"]').wait_for()
    page.get_by_text("No tickers yet").wait_for()
    assert saved(page) == []
