"""What the pages of the daemon's own browser painted, and when by their own clock.

Read through a second debugging door of the browser, after the measurement: the stamp is the
page's own, taken right after each change of the DOM, and has nothing to do with our observer.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bench.stats import Change, median

_NOW = "performance.timeOrigin + performance.now()"
_LOG = "JSON.stringify(window.__paintlog || [])"
_LARGEST = 64 * 1024 * 1024
_CLOCK_LOOKS = 15


def read_paints(port: int) -> tuple[dict[str, list[Change]], float]:
    """Return what each symbol's page painted, and how far the pages' clocks are ahead (ms)."""
    return asyncio.run(_read(port))


async def _read(port: int) -> tuple[dict[str, list[Change]], float]:
    paints: dict[str, list[Change]] = {}
    ahead: list[float] = []
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
            targets = json.loads(await answer.text())
        for target in targets:
            symbol = symbol_of(target["url"])
            if target["type"] != "page" or not symbol:
                continue
            address = target["webSocketDebuggerUrl"]
            async with http.ws_connect(address, max_msg_size=_LARGEST) as socket:
                ahead.append(await _clock(socket))
                log = json.loads(await _evaluate(socket, _LOG))
            paints[symbol] = [Change(text, int(at * 1e6)) for text, at in log]
    return paints, median(ahead) if ahead else 0.0


async def _clock(socket: aiohttp.ClientWebSocketResponse) -> float:
    """Return how far the page's clock is ahead, from the quickest of some questions; ms."""
    best = (1e9, 0.0)
    for _ in range(_CLOCK_LOOKS):
        before = time.time_ns()
        page = float(await _evaluate(socket, _NOW))
        after = time.time_ns()
        best = min(best, ((after - before) / 1e6, page - (before + after) / 2e6))
    return best[1]


async def _evaluate(socket: aiohttp.ClientWebSocketResponse, expression: str) -> Any:  # noqa: ANN401
    call = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression}}
    await socket.send_json(call)
    while True:
        answer = await socket.receive_json(timeout=10)
        if answer.get("id") == 1:
            return answer["result"]["result"]["value"]


def symbol_of(address: str) -> str:
    """Return the symbol of a symbol page's address, empty when it is another page."""
    parts = urlsplit(address)
    exchange = parse_qs(parts.query).get("exchange", [""])[0]
    kind, _, ticker = parts.path.strip("/").partition("/")
    return f"{exchange}:{ticker}" if kind == "symbols" and exchange else ""
