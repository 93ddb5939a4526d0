"""The other views, and what holds everywhere: access, colours, small screens, no jumps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import card, fits, violations, wait_live

if TYPE_CHECKING:
    from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
DETAIL = "/#/ticker/BINANCE%3ABTCUSDT"


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", DETAIL, "/#/operator"])
def test_everybody_can_use_it(site: Site, path: str, colours: str) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT", path=path, color_scheme=colours)
    page.locator('#link[data-phase="open"]').wait_for()
    if path == "/":
        wait_live(page, "BTCUSDT", "ETHUSDT")
    else:
        page.locator(".chart canvas, [data-title=Tickers] td").first.wait_for()
    # A price is lit for a moment: no colours in between.
    page.emulate_media(reduced_motion="reduce")
    assert violations(page) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_what_is_in_doubt_and_what_is_said_can_be_read(site: Site, colours: str) -> None:
    page = site.visit("BTCUSDT", color_scheme=colours)
    wait_live(page, "BTCUSDT")
    page.emulate_media(reduced_motion="reduce")
    page.get_by_label("Add a ticker").fill("NOSUCHCOIN")
    page.keyboard.press("Enter")
    page.locator(".notice").wait_for()
    page.get_by_role("button", name="Pause").click()
    card(page, "BTCUSDT").and_(page.locator("[data-doubt]")).wait_for()
    page.get_by_label("Add a ticker").fill("eth")
    page.locator("#add-list li").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert violations(page) == []


def test_nothing_jumps(site: Site) -> None:
    page = site.visit("BTCUSDT", "ETHUSDT", "SOLUSDT")
    wait_live(page, "BTCUSDT", "ETHUSDT", "SOLUSDT")
    site.market.set_fault("freeze_dom", "BINANCE:BTCUSDT")
    card(page, "BTCUSDT").and_(page.locator("[data-doubt]")).wait_for()
    site.market.clear_faults()
    wait_live(page, "BTCUSDT")
    shifted = page.evaluate("window.shifted")
    assert shifted == [], shifted


@pytest.mark.parametrize("path", ["/", DETAIL, "/#/operator"])
def test_it_fits_a_phone(site: Site, path: str) -> None:
    page = site.visit("BTCUSDT", path=path, viewport={"width": 360, "height": 740})
    page.locator('#link[data-phase="open"]').wait_for()
    if path != "/":
        page.locator(".chart canvas, [data-title=Tickers] td").first.wait_for()
    assert fits(page)


def test_the_chart_shows_history_joined_to_what_is_live(site: Site) -> None:
    page = site.visit("BTCUSDT")
    wait_live(page, "BTCUSDT")
    with page.expect_response(lambda one: "/v1/history" in one.url and "5000" in one.url) as asked:
        page.get_by_role("link", name="BTCUSDT").click()
    assert asked.value.ok
    page.locator(".chart canvas").first.wait_for()
    # The library asks for its mark to stay.
    page.locator("#tv-attr-logo").wait_for()
    page.get_by_label("Chart").select_option("candles")
    assert page.get_by_label("Candle width").is_enabled()
    page.keyboard.press("Escape")
    wait_live(page, "BTCUSDT")


def test_a_ticker_can_be_had_from_another_source(site: Site) -> None:
    page = site.visit("BTCUSDT", path=DETAIL)
    source = page.get_by_label("Source")
    source.locator("option[value=binance]").wait_for(state="attached")
    source.select_option("binance")
    page.wait_for_url("**/#/ticker/BINANCE%3ABTCUSDT%40binance")
    page.get_by_role("link", name="All prices").click()
    wait_live(page, "BTCUSDT@binance")
    assert "@binance" in card(page, "BTCUSDT@binance").inner_text()
    assert card(page, "BTCUSDT").count() == 0


def test_the_theme_is_chosen_and_kept(site: Site) -> None:
    page = site.visit("BTCUSDT", color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_the_operator_sees_workers_subscribers_and_faults(site: Site) -> None:
    page = site.visit("SOLUSDT", path="/#/operator")
    for text in ("browser-0", "cryptostream-gateway", "dashboard-"):
        page.get_by_text(text).first.wait_for()
    page.get_by_role("row", name=re.compile("^BINANCE:SOLUSDT live")).wait_for()
    site.market.set_fault("freeze_dom", "BINANCE:SOLUSDT")
    faults = page.get_by_role("table", name="Faults of tickers, last hour")
    faults.get_by_text("BINANCE:SOLUSDT").first.wait_for()
