"""Routes of the CoinGecko replica: its cache, its keys, and what faults make of its answers.

It answers below ``/coingecko/api/v3`` and, as the paid host, below ``/coingecko-pro/api/v3``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from cryptostream.sim.coingecko import (
    LIMITED,
    PING,
    Answer,
    Snapshot,
    ask,
    coin_list,
    error_in,
    key_problem,
    prices,
)
from cryptostream.sim.coingecko_json import dumps
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.templates import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cryptostream.sim.faults import FaultBoard
    from cryptostream.sim.market import Market

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FREE, PRO = "/coingecko/api/v3", "/coingecko-pro/api/v3"
# How long the service keeps a price, in s: 60 without a key or with a demo key, paid ones less.
CACHE, CACHE_PRO = 60.0, 20.0
_DEMO_KEY, _PRO_KEY = "x-cg-demo-api-key", "x-cg-pro-api-key"
_OK = 200


def given_keys(request: web.Request) -> dict[str, str]:
    """Return the keys that a call carries, in its headers or its query, by kind."""
    found = {}
    for kind, name in (("demo", _DEMO_KEY), ("pro", _PRO_KEY)):
        key = request.headers.get(name) or request.query.get(name.replace("-", "_"))
        if key:
            found[kind] = key
    return found


class CoinGeckoRoutes:
    """What a poller of prices asks. ``scale`` multiplies the periods of the cache."""

    def __init__(self, market: Market, board: FaultBoard, scale: float) -> None:
        self._market = market
        self._board = board
        self._scale = scale
        self._cached: dict[bool, tuple[int, Snapshot]] = {}
        self._held: dict[str, Snapshot] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{base}/{path}", self._guarded(handler, pro=base == PRO))
            for base in (FREE, PRO)
            for path, handler in (
                ("ping", self.ping),
                ("simple/price", self.price),
                ("coins/list", self.coins),
            )
        ]

    async def ping(self, _: web.Request) -> Answer:
        return PING

    async def coins(self, _: web.Request) -> Answer:
        return coin_list(self._board.of)

    async def price(self, request: web.Request) -> Answer:
        question = ask(request.query)
        if isinstance(question, tuple):
            return question
        now = self._snapshot(pro=request.path.startswith(PRO))
        return prices(question, lambda listing: self._shown(listing, now), self._board.of)

    # -- cache --------------------------------------------------------------------------

    def _snapshot(self, *, pro: bool) -> Snapshot:
        """Return the cached prices, taken anew once they are old enough."""
        now_ms = self._market.now_ms()
        period_ms = (CACHE_PRO if pro else CACHE) * self._scale * 1000
        kept = self._cached.get(pro)
        if kept is None or now_ms - kept[0] >= period_ms:
            quotes = {s: self._market.quote(s) for s in INSTRUMENTS if s.startswith("BINANCE:")}
            kept = self._cached[pro] = (now_ms, Snapshot(quotes, now_ms // 1000))
        return kept[1]

    def _shown(self, listing: str, now: Snapshot) -> Snapshot:
        """Return what is shown of a listing: an old price from when it was told to stand still."""
        if self._board.get("coingecko_old", listing) is None:
            self._held.pop(listing, None)
            return now
        return self._held.setdefault(listing, now)

    # -- answers ------------------------------------------------------------------------

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[Answer]], *, pro: bool
    ) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            slow = self._board.get("coingecko_slow")
            if slow is not None:
                await asyncio.sleep(float(slow["seconds"]))
            refused = self._refused() or self._key_refused(request, pro=pro)
            return refused or self._reply(await handler(request))

        return answer

    def _reply(self, answer: Answer, **headers: str) -> web.Response:
        status, body = answer
        text = dumps(body)
        if status == _OK and self._board.get("coingecko_malformed") is not None:
            text = text[: len(text) * 2 // 3]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            text=text, status=status, content_type="application/json", headers=named
        )

    def _refused(self) -> web.Response | None:
        board, now_ms = self._board, self._market.now_ms()
        limited = board.get("coingecko_429")
        if limited is not None:
            return self._reply((429, LIMITED), Retry_After=str(int(float(limited["retry_after"]))))
        if board.get("coingecko_body_429") is not None:
            return self._reply((200, LIMITED))
        if board.get("coingecko_html") is not None:
            page = text_of("challenge.html")
            return web.Response(text=page, status=403, content_type="text/html")
        if board.get("coingecko_503") is not None:
            return self._reply(error_in("status", 503, "Service unavailable (simulated)", now_ms))
        broken = board.get("coingecko_error")
        if broken is None:
            return None
        status = int(float(broken["status"]))
        return self._reply(error_in(str(broken["shape"]), status, "simulated error", now_ms))

    def _key_refused(self, request: web.Request, *, pro: bool) -> web.Response | None:
        fault = self._board.get("coingecko_401")
        shape = str(fault["shape"]) if fault is not None else "status"
        problem = key_problem(given_keys(request), pro=pro)
        if fault is not None:
            problem = 10002, "Invalid API key (simulated)"
        if problem is None:
            return None
        code, text = problem
        _, body = error_in(shape, code, text, self._market.now_ms())
        return self._reply((401, body))
