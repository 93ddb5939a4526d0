"""The service in a real Chromium, through ``@connectrpc/connect-web`` over HTTP/1.1."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from tests.gateway.test_rpc_schema import SEARCHED, buf
from tests.local_market import until

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
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not all((PACKAGES / name).exists() for name in NEEDED) or shutil.which("node") is None,
        reason="needs node, and in web/node_modules: " + ", ".join(NEEDED),
    ),
]


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> str:
    """Return the page's script, with the code that is generated for it."""
    folder = tmp_path_factory.mktemp("connect_web")
    (folder / "node_modules").symlink_to(PACKAGES)
    shutil.copy(HERE / "connect_web.js", folder)
    plugin = {"local": str(PACKAGES / ".bin/protoc-gen-es"), "out": "gen", "opt": "target=js"}
    template = json.dumps({"version": "v2", "plugins": [plugin]})
    buf("generate", "--template", template, "--output", str(folder))
    subprocess.run(
        [PACKAGES / ".bin/rolldown", "connect_web.js", "--file", "bundle.js", "--format", "iife"],
        cwd=folder,
        env={**os.environ, "PATH": SEARCHED},
        check=True,
        capture_output=True,
        timeout=60,
    )
    return (folder / "bundle.js").read_text("utf-8")


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


@pytest.mark.parametrize("form", ["binary", "json"])
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
