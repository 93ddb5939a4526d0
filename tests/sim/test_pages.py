"""The simulated pages in a real Chromium: every generation, every fault that shows in the DOM."""

import asyncio

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from cryptostream.sim.looks import GENERATIONS
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

BTC = "BINANCE:BTCUSDT"
HEADER = ".js-symbol-page-header-root"
PRICE = f"{HEADER} .js-symbol-last:not(.i-hidden *)"
WAIT_MS = 8000
ARGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(require_browser):
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=require_browser.path,
            headless=True,
            chromium_sandbox=False,
            args=ARGS,
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def market():
    """A quick protocol, a price that only the test moves."""
    settings = SimSettings(port=0, market="manual", heavy=False, period_scale=0.05)
    async with SimServer(settings) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser):
    context = await browser.new_context(locale="en-US", timezone_id="UTC")
    found = await context.new_page()
    found.set_default_timeout(WAIT_MS)
    yield found
    await context.close()


async def open_page(page, market, query="", ticker="BTCUSDT"):
    await page.goto(f"{market.url}/symbols/{ticker}/?exchange=BINANCE&paintlog=1{query}")


async def price_is(page, text, selector=PRICE):
    """Wait until the price reads so."""
    await page.wait_for_function(
        "([s, t]) => document.querySelector(s)?.textContent === t", arg=[selector, text]
    )


async def opened(page, market, query="", text="67,123.45"):
    """Open the page and wait for its first price from the socket."""
    await open_page(page, market, query)
    await price_is(page, text)
    await page.wait_for_selector(f"{HEADER} .quote-ticker-inited", state="attached")


def inner(page, selector=PRICE):
    return page.evaluate("s => document.querySelector(s).innerHTML", selector)


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_generation_paints_its_price(page, market, generation):
    ungrouped = generation in ("G0", "G1")
    first = "67123.45" if ungrouped else "67,123.45"
    await open_page(page, market, f"&generation={generation}")
    await page.wait_for_function("document.querySelector('.js-symbol-lp-time').textContent")
    await price_is(page, first)
    market.market.push(BTC, last="67123.99")
    await price_is(page, first[:-2] + "99")
    split = "67123" if generation == "G1" else first[:-2]
    html = await inner(page)
    assert html.startswith(split[:-1] if generation == "G1" else split)
    assert 'class="growing-' in html
    assert await page.evaluate("initData.symbolInfo.resolved_symbol") == BTC


async def test_the_served_price_is_empty_until_the_socket_connects(page, market):
    market.faults.set("refuse_socket", BTC)
    await open_page(page, market)
    assert await inner(page) == ""
    market.faults.clear()
    await price_is(page, "67,123.45")


async def test_digits_are_painted_as_on_the_real_page(page, market):
    await opened(page, market)
    assert await inner(page) == "<span>67,123.45</span>"
    market.market.push(BTC, last="67123.48")
    await price_is(page, "67,123.48")
    assert await inner(page) == '67,123.4<span class="growing-KLji300y">8</span>'
    market.market.push(BTC, last="67120.00")
    await price_is(page, "67,120.00")
    assert await inner(page) == '67,12<span class="falling-KLji300y">0.00</span>'
    await page.wait_for_selector(f"{PRICE} span[class='']")
    assert await inner(page) == '67,12<span class="">0.00</span>'


async def test_each_price_is_painted_exactly_once(page, market):
    await opened(page, market)
    prices = [f"67{n}.50" for n in range(200, 260)]
    await page.evaluate(
        """s => { window.seen = []; new MutationObserver(() =>
        window.seen.push(document.querySelector(s).textContent)).observe(
        document.querySelector('.lastContainer-KLji300y:not(.i-hidden *)'),
        {childList: true, subtree: true}); }""",
        PRICE,
    )
    for price in prices:
        market.market.push(BTC, last=price)
    await page.wait_for_function("window.seen.length >= 60")
    texts = [f"{int(p[:-3]):,}{p[-3:]}" for p in prices]
    assert await page.evaluate("window.seen") == texts
    log = await page.evaluate("window.__paintlog")
    assert [entry[0] for entry in log[-60:]] == texts
    stamps = [entry[1] for entry in log]
    assert stamps == sorted(stamps)


async def test_other_prices_on_the_page_move_too(page, market):
    await opened(page, market)
    market.market.push("BINANCE:ETHUSDT", last="3999.99")
    row = "[data-symbol-full='BINANCE:ETHUSDT'] [class*='last-']"
    await price_is(page, "3,999.99", row)
    assert await page.locator("aside [data-symbol-full]").count() == 17
    assert await page.locator(".market-summary .js-symbol-last").count() == 6
    assert await page.locator("script[type='application/ld+json']").count() == 5


@pytest.mark.parametrize(
    ("fault", "params", "text"),
    [
        ("locale", {"style": "nbsp"}, "67\u00a0123,45"),
        ("locale", {"style": "dot"}, "67.123,45"),
        ("unit_suffix", {"unit": "K"}, "67.12345 K"),
        ("dash", {}, "—"),
        ("pipette", {}, "67,123.45"),
        ("bidi_marks", {}, "\u202a67,123.45\u202c"),
    ],
)
async def test_number_faults_are_seen_live_and_on_load(page, market, fault, params, text):
    await opened(page, market)
    market.faults.set(fault, BTC, **params)
    await price_is(page, text)
    await open_page(page, market)
    await price_is(page, text)
    market.faults.clear()
    await price_is(page, "67,123.45")


async def test_a_pipette_stands_in_a_sup(page, market):
    await opened(page, market, "&pipette=1")
    assert await inner(page) == "<span>67,123.4<sup>5</sup></span>"


async def test_look_faults_rebuild_the_header_live(page, market):
    await opened(page, market)
    market.faults.set("generation", BTC, value="G2")
    await price_is(page, "67,123.45", ".last-JWoJqCpY:not(.i-hidden *)")
    market.faults.set("hash_rotated", BTC, hash="abcd1234")
    await price_is(page, "67,123.45", ".last-abcd1234:not(.i-hidden *)")
    market.faults.clear()
    await price_is(page, "67,123.45", "[data-qa-id='symbol-last-value']")
    market.faults.set("no_qa_id", BTC)
    await page.wait_for_selector("[data-qa-id]", state="detached")
    market.faults.set("no_js_symbol_last", BTC)
    await price_is(page, "67,123.45", ".last-KLji300y:not(.i-hidden *)")
    market.market.push(BTC, last="67124.00")
    await price_is(page, "67,124.00", ".last-KLji300y:not(.i-hidden *)")
    assert await page.locator(PRICE).count() == 0


async def test_traps_stand_beside_the_price(page, market):
    for name in ("hidden_copy", "unbound_duplicate", "two_qa_ids", "delayed"):
        market.faults.set(name, BTC)
    await open_page(page, market)
    bound = f"{HEADER} .quote-ticker-inited .js-symbol-last"
    await price_is(page, "67,123.45", bound)
    assert await page.locator("[data-qa-id='symbol-last-value']").count() == 3
    assert await page.locator(f"{HEADER} [data-symbol='{BTC}']").count() == 3
    assert await page.locator(".tv-data-mode--delayed").count() == 1


async def test_a_wrong_symbol_is_corrected_or_stays(page, market):
    market.faults.set("wrong_symbol_first", BTC, seconds=0.3)
    await open_page(page, market)
    await page.wait_for_selector(f"{HEADER} [data-symbol='BINANCE:ETHUSDT']", state="attached")
    await price_is(page, "67,123.45")
    market.faults.clear()
    market.faults.set("wrong_symbol", BTC)
    await open_page(page, market)
    await price_is(page, "3,456.78")
    assert await page.evaluate("initData.symbolInfo.resolved_symbol") == "BINANCE:ETHUSDT"


@pytest.mark.parametrize("fault", ["half_built", "replace_element", "remount_header"])
async def test_painting_faults_end_with_the_right_number(page, market, fault):
    market.faults.set(fault, BTC)
    await opened(page, market)
    await page.evaluate("s => { window.old = document.querySelector(s); }", PRICE)
    market.market.push(BTC, last="67200.01")
    await price_is(page, "67,200.01")
    assert await page.evaluate("window.old.isConnected") == (fault == "half_built")


async def test_a_storm_changes_the_dom_but_not_the_number(page, market):
    await opened(page, market)
    await page.evaluate(
        """s => { window.count = 0; new MutationObserver(all => { window.count += all.length; })
        .observe(document.querySelector(s), {childList: true, subtree: true}); }""",
        PRICE,
    )
    market.faults.set("mutation_storm", BTC, per_second=2000)
    await page.wait_for_function("window.count > 500")
    assert await page.locator(PRICE).text_content() == "67,123.45"


def price_frame(page):
    """Return an event that is set once a price has come over the page's quote socket."""
    came = asyncio.Event()

    def on_frame(data):
        if '"lp"' in str(data):
            came.set()

    def on_socket(socket):
        socket.on("framereceived", on_frame)

    page.on("websocket", on_socket)
    return came


async def test_a_frozen_dom_still_gets_frames(page, market):
    market.faults.set("freeze_dom", BTC)
    came = price_frame(page)
    await open_page(page, market)
    async with asyncio.timeout(WAIT_MS / 1000):
        await came.wait()
    assert await inner(page) == ""
    market.faults.clear()
    await price_is(page, "67,123.45")


async def test_never_late_and_without_a_script(page, market):
    market.faults.set("slow_fill", BTC, seconds=0.4)
    await opened(page, market)
    assert await page.evaluate("performance.now() > 400")
    market.faults.clear()
    market.faults.set("script_fails", BTC)
    await open_page(page, market)
    assert await page.evaluate("window.__paintlog === undefined")
    market.faults.clear()
    market.faults.set("never_fills", BTC)
    came = price_frame(page)
    await open_page(page, market)
    async with asyncio.timeout(WAIT_MS / 1000):
        await came.wait()
    assert await inner(page) == ""


async def test_a_page_reconnects_after_a_cut_and_after_silence(page, market):
    await opened(page, market)
    async with page.expect_event("websocket"):
        market.faults.set("drop_socket", BTC)
    market.market.push(BTC, last="67130.00")
    await price_is(page, "67,130.00")
    async with page.expect_event("websocket"):
        market.faults.set("no_heartbeats", BTC)


async def test_a_page_follows_a_redirect(page, market):
    market.faults.set("redirect", BTC, times=1)
    await opened(page, market)


@pytest.mark.parametrize(
    ("fault", "selector"),
    [
        ("overlay", ".overlay"),
        ("toast", "[class*='toast-notif']"),
        ("session_interrupted", "[class*='dialog-']"),
        ("cookie_notice", "[class*='cookies-banner']"),
    ],
)
async def test_boxes_come_and_go_without_touching_the_price(page, market, fault, selector):
    await opened(page, market)
    market.faults.set(fault, BTC)
    await page.wait_for_selector(selector, state="attached")
    market.market.push(BTC, last="67131.00")
    await price_is(page, "67,131.00")
    market.faults.clear()
    await page.wait_for_selector(selector, state="detached")


async def test_the_cookie_notice_stays_away_when_its_cookie_is_set(page, market):
    name = "cookiePrivacyPreferenceBannerProduction"
    await page.context.add_cookies([{"name": name, "value": "notApplicable", "url": market.url}])
    market.faults.set("cookie_notice", BTC)
    await opened(page, market)
    assert await page.locator("[class*='cookies-banner']").count() == 0


async def test_a_page_leaves_or_reloads_into_a_404(page, market):
    await opened(page, market)
    async with page.expect_navigation(url="**/chart/**"):
        market.faults.set("navigate_away", BTC, url="/chart/?symbol=BINANCE:BTCUSDT")
    await page.wait_for_function("document.title.startsWith('BTCUSDT 67,123.45 ')")
    await opened(page, market)
    async with page.expect_navigation() as caught:
        market.faults.set("not_found", BTC, reload=True)
    assert (await caught.value).status == 404
    assert await page.locator(".tv-http-error-page__title").count() == 1


async def test_a_page_can_kill_its_renderer(page, market):
    await opened(page, market)
    async with page.expect_event("crash", timeout=20_000):
        market.faults.set("crash_page", BTC)


@pytest.mark.parametrize("switch", ["rate", "local"])
async def test_measuring_switches_paint_distinct_prices(page, market, switch):
    await open_page(page, market, f"&{switch}=200")
    await page.wait_for_function("window.__paintlog && window.__paintlog.length > 200")
    log = await page.evaluate("window.__paintlog.slice(-150)")
    assert len({text for text, _ in log}) == 150
    assert 0.5 < (log[-1][1] - log[0][1]) / 1000 < 1.5


async def test_a_heavy_page_loads_what_is_worth_blocking(page):
    kinds = set()
    page.on("request", lambda request: kinds.add(request.resource_type))
    async with SimServer(SimSettings(port=0, market="manual")) as heavy:
        await opened(page, heavy)
        await page.wait_for_function("document.images.length === 20")
        await page.wait_for_load_state("load")
        assert {"image", "stylesheet", "font", "media", "script", "document"} <= kinds
        await page.goto("about:blank")
