"""A door before the simulated pages that adds measuring switches to their addresses.

The daemon opens pages at the canonical address; the door answers with a redirect to the
simulated market's own, with ``paintlog=1&rate=20`` and the like added. From there on the page
talks to the simulated market alone.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType


class Front:
    """Serves redirects from a thread of its own; ``query`` may change between two pages."""

    def __init__(self, target: str, port: int) -> None:
        self.query: dict[str, str] = {}
        self.url = f"http://127.0.0.1:{port}"
        self._target = target
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    async def _visit(self, request: web.Request) -> web.Response:
        added = urlencode({**request.query, **self.query})
        raise web.HTTPFound(f"{self._target}{request.path}?{added}")

    async def _open(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/symbols/{name}/", self._visit)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
