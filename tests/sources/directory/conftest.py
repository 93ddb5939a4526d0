"""Exchanges of the tests' own, on a real socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.sources.directory.samples import LISTINGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass
class Exchanges:
    """What answers for all exchanges at one address; ``asked`` holds the requests by path.

    ``refusals`` are answered in place of a path's listing, as (status, headers).
    """

    url: str = ""
    bodies: dict[str, bytes] = field(
        default_factory=lambda: {path: json.dumps(body).encode() for path, body in LISTINGS.items()}
    )
    refusals: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    asked: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.setdefault(request.path, []).append(dict(request.headers))
        self.news.set()
        if request.path in self.refusals:
            status, headers = self.refusals[request.path]
            return web.Response(status=status, headers=headers)
        etag = self.etags.get(request.path)
        if etag is not None and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        headers = {} if etag is None else {"ETag": etag}
        return web.Response(body=self.bodies[request.path], headers=headers)

    async def until_asked(self, path: str, times: int) -> None:
        """Wait until a path was asked so often, within a deadline."""
        async with asyncio.timeout(20):
            while len(self.asked.get(path, ())) < times:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def exchanges() -> AsyncIterator[Exchanges]:
    running = Exchanges()
    app = web.Application()
    app.add_routes([web.get(path, running.answer) for path in LISTINGS])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield running
    await runner.cleanup()
