"""The service in a real Chromium, through ``@connectrpc/connect-web`` over HTTP/1.1."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from playwright.async_api import async_playwright
from protobuf import Oneof

from cryptostream.v1 import prices_pb as pb
from tests.gateway.test_rpc_schema import SEARCHED, buf
from tests.local_market import until

if TYPE_CHECKING:
    from playwright.async_api import Page
    from protobuf import Message

    from cryptostream.records import Tick

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = ROOT / "web" / "node_modules"
NEEDED = (
    ".bin/protoc-gen-es",
    ".bin/rolldown",
    "@bufbuild/protobuf",
    "@connectrpc/connect",
    "@connectrpc/connect-web",
)
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
# Neither fits a double; the second is the largest of its kind.
BEYOND = (2**53 + 1, 2**63 - 1)


def missing() -> list[str]:
    """Return what the page cannot be built without."""
    found = [name for name in NEEDED if not (PACKAGES / name).exists()]
    return found if shutil.which("node", path=SEARCHED) else ["node", *found]


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> str:
    """Return the page's script, with the code that is generated for it."""
    if lacking := missing():
        words = f"needs {', '.join(lacking)} in web/node_modules: run 'make web'"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    folder = tmp_path_factory.mktemp("connect_web")
    (folder / "node_modules").symlink_to(PACKAGES)
    shutil.copy(HERE / "connect_web.js", folder)
    plugin = {"local": str(PACKAGES / ".bin/protoc-gen-es"), "out": "gen", "opt": "target=js"}
    template = json.dumps({"version": "v2", "plugins": [plugin]})
    buf("generate", "--template", template, "--output", str(folder))
    bundled = subprocess.run(
        [PACKAGES / ".bin/rolldown", "connect_web.js", "--file", "bundle.js", "--format", "iife"],
        cwd=folder,
        env={**os.environ, "PATH": SEARCHED},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert bundled.returncode == 0, bundled.stdout + bundled.stderr
    return (folder / "bundle.js").read_text("utf-8")


@pytest.fixture(params=["binary", "json"])
def form(request) -> str:
    return request.param


@contextlib.asynccontextmanager
async def site(script: str, port: int):
    """Serve the page at an origin of its own."""

    async def page(_request: web.Request) -> web.Response:
        text = f"<!doctype html><link rel=icon href=data:,><script>{script}</script>"
        return web.Response(text=text, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", page)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def opened(browser_path: str, url: str):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path,
            chromium_sandbox=False,
            args=["--no-proxy-server", "--disable-background-networking"],
        )
        page = await browser.new_page()
        await page.goto(url)
        yield page
        await browser.close()


async def test_a_page_searches_streams_modifies_is_taken_over_and_leaves(
    begin, require_browser, free_port, script, form
):
    async with site(script, free_port) as origin, begin(origins=[origin]) as world:
        hub = world.services.hub
        address = f"{origin}/?form={form}&gateway={world.url}"
        async with opened(require_browser.path, address) as page:
            assert await page.evaluate("search('btcusdt')") == [BTC]

            await page.evaluate("void follow('one', 'page', ['btcusdt', 'NOSUCH'])")
            await page.wait_for_function("seen.length > 0")
            first = (await page.evaluate("seen"))[0]
            assert first["results"] == [["btcusdt", True, ""], ["NOSUCH", False, "unknown_symbol"]]
            await world.opened(BTC)
            world.market.source.tick(BTC, "100.10")
            await page.wait_for_function("seen.some(e => e.last === '100.10' && e.seq === '1')")

            assert await page.evaluate("modify('page', ['ETHUSDT'], ['BTCUSDT'])") is True
            assert set(hub.symbols) == {ETH}

            await page.evaluate("void follow('two', 'page', ['btcusdt'])")
            await page.wait_for_function("seen.some(e => e.kind === 'error')")
            errors = [one for one in await page.evaluate("seen") if one["kind"] == "error"]
            assert errors == [{"name": "one", "kind": "error", "code": "taken_over"}]
            await until(lambda: set(hub.symbols) == {BTC})

            await page.evaluate("leave('two')")
            await until(lambda: not hub.symbols)
            await page.evaluate("void follow('three', 'page', ['btcusdt'])")
            await until(lambda: set(hub.symbols) == {BTC})
        await until(lambda: not hub.symbols)


async def test_exact_numbers_come_and_go_back_as_the_place_where_a_stream_stood(
    begin, require_browser, free_port, script, form
):
    """Epoch, sequence and ns are those of the gateway; as cursors they recover all."""
    async with site(script, free_port) as origin, begin(origins=[origin]) as world:
        address = f"{origin}/?form={form}&gateway={world.url}"
        async with opened(require_browser.path, address) as page:
            await page.evaluate("void follow('one', 'page', ['btcusdt'])")
            await world.opened(BTC)
            world.market.source.tick(BTC, "100.10")
            first = await tick(page, "one", "100.10")
            assert first == numbers_of(world.services.hub.symbols[BTC].ring("tick").newest)

            # Another viewer keeps the ticker, so that there is something to recover.
            await page.evaluate("void follow('other', 'another page', ['btcusdt'])")
            await tick(page, "other", "100.10")
            await page.evaluate("leave('one')")
            await until(lambda: len(world.services.hub.viewers) == 1)
            for price in ("100.20", "100.30"):
                world.market.source.tick(BTC, price)
                await tick(page, "other", price)
            cursor = {"symbol": BTC, "kind": "tick", "epoch": first["epoch"], "seq": first["seq"]}
            await page.evaluate("one => void follow('two', 'page', ['btcusdt'], [one])", cursor)
            await tick(page, "two", "100.30")
            seen = [one for one in await page.evaluate("seen") if one["name"] == "two"]
            assert seen[0]["recovered"] == [{"tick": True}]
            ticks = [(one["last"], one["seq"]) for one in seen if one["kind"] == "tick"]
            assert ticks == [("100.20", "2"), ("100.30", "3")]
            assert await page.evaluate("past('btcusdt')") == [{"seq": one} for one in "123"]


def numbers_of(record: Tick) -> dict[str, str]:
    return {
        "seq": str(record.seq),
        "epoch": str(record.epoch),
        "tsPublished": str(record.ts_published),
    }


async def tick(page: Page, stream: str, last: str) -> dict[str, str]:
    """Return the whole numbers of the tick with this price, as texts."""
    wanted = "seen.find(one => one.name === stream && one.last === last)"
    await page.wait_for_function(f"([stream, last]) => {wanted}", arg=[stream, last])
    found = await page.evaluate(f"([stream, last]) => {wanted}", [stream, last])
    return {key: found[key] for key in ("seq", "epoch", "tsPublished")}


@pytest.mark.parametrize("whole", BEYOND)
async def test_whole_numbers_of_64_bits_survive_the_page(
    require_browser, free_port, script, form, whole
):
    """Python writes, the page reads and writes, Python reads: nothing is rounded."""
    price = pb.Tick(symbol=BTC, last="0.10", epoch=whole, seq=whole, ts_observed=whole)
    batch = pb.Batch(ts=whole, records=[pb.Record(kind=Oneof("tick", price))])
    cursor = pb.Cursor(symbol=BTC, kind="tick", epoch=whole, seq=whole)
    messages = {
        "request": pb.StreamPricesRequest(client_id="page", recover=[cursor]),
        "response": pb.StreamPricesResponse(event=Oneof("batch", batch)),
    }
    async with (
        site(script, free_port) as origin,
        opened(require_browser.path, f"{origin}/?form={form}") as page,
    ):
        for name, message in messages.items():
            again = await page.evaluate("both => again(...both)", [name, written(message, form)])
            assert read(again, form, type(message)) == message


def written(message: Message, form: str) -> str:
    return base64.b64encode(message.to_binary()).decode() if form == "binary" else message.to_json()


def read(text: str, form: str, kind: type[Message]) -> Message:
    return kind.from_binary(base64.b64decode(text)) if form == "binary" else kind.from_json(text)
