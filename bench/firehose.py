"""A Binance that never runs dry: trades and book tops as fast as they are taken, or at a rate.

``python -m bench.firehose <counter file> <symbols>``, asked through :mod:`bench.helper`. The
same bytes go to whoever connects, so that all sides of a comparison read the same. Every side
names its streams as it always does; half of the messages are trades, half book tops.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from bench.counter import Counter
from bench.helper import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    Message = Callable[[int], tuple[str, str]]

# What may wait in one connection before we wait ourselves, in bytes: a quarter of a second.
_BACKLOG = 2_000_000
# Messages written at once in a flood; what one read of the far side may bring.
_CHUNK = 256
# A far side that has lost messages never counts them: after so long (s) the window moves on.
_STUCK = 0.5


def names(count: int) -> list[str]:
    """Return the tickers that this exchange lists."""
    return [f"S{number:04}USDT" for number in range(count)]


def instrument(name: str) -> dict[str, Any]:
    """Return a ticker as ``exchangeInfo`` lists it."""
    base = name.removesuffix("USDT")
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01",
            "maxPrice": "1000000",
            "tickSize": "0.01",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
    ]
    return {
        "symbol": name,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "icebergAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters,
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _price(number: int) -> str:
    return f"{60_000 + number % 977}.{number % 100:02}000000"


def message_of(stream: str) -> Message | None:
    """Return what writes the messages of a stream: the time in ms in; its key and text out.

    Trade ids rise by one, as the real ones do; the key is ``symbol:id`` for a trade.
    """
    name, _, kind = stream.partition("@")
    symbol, ids = name.upper(), itertools.count(1)

    def trade(ms: int) -> tuple[str, str]:
        number = next(ids)
        return f"{symbol}:{number}", (
            f'{{"e":"trade","E":{ms},"s":"{symbol}","t":{number},"p":"{_price(number)}",'
            f'"q":"0.00150000","T":{ms},"m":true,"M":true}}'
        )

    def aggregated(ms: int) -> tuple[str, str]:
        number = next(ids)
        return f"{symbol}:{number}", (
            f'{{"e":"aggTrade","E":{ms},"s":"{symbol}","a":{number},"p":"{_price(number)}",'
            f'"q":"0.00150000","f":{number},"l":{number},"T":{ms},"m":true,"M":true}}'
        )

    def book(_ms: int) -> tuple[str, str]:
        number = next(ids)
        return "", (
            f'{{"u":{number},"s":"{symbol}","b":"{_price(number)}","B":"31.21000000",'
            f'"a":"{_price(number + 1)}","A":"40.66000000"}}'
        )

    return {"trade": trade, "aggTrade": aggregated, "bookTicker": book}.get(kind)


def framed(text: str) -> bytes:
    """Return the text as one websocket frame of a server."""
    body = text.encode()
    size = len(body)
    return (b"\x81" + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2))) + body


class Line:
    """One connection: its streams in turn, trades and book tops alternating."""

    def __init__(self, transport: asyncio.Transport, *, combined: bool) -> None:
        self.transport = transport
        self._combined = combined
        self._makers: dict[str, Message] = {}
        self._turn: itertools.cycle[tuple[str, Message]] = itertools.cycle(())

    def add(self, streams: list[str]) -> None:
        """Send these streams too."""
        for stream in streams:
            if maker := message_of(stream):
                self._makers[stream] = maker
        by_symbol = sorted(self._makers.items())
        self._turn = itertools.cycle(by_symbol)

    @property
    def listens(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._makers)

    def make(self, ms: int) -> tuple[str, bytes]:
        """Return the next message: its key, and its frame."""
        stream, maker = next(self._turn)
        key, text = maker(ms)
        return key, framed(f'{{"stream":"{stream}","data":{text}}}' if self._combined else text)


class Firehose:
    """The server, and what sends."""

    def __init__(self, counter: str, symbols: str) -> None:
        self._counter = Counter(counter)
        self._names = names(int(symbols))
        self._lines: set[Line] = set()
        self._port = 0
        self._number = 0
        self._sending: asyncio.Task[None] | None = None
        self._stamps: dict[str, int] = {}

    async def start(self) -> web.AppRunner:
        """Listen on any port."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/api/v3/exchangeInfo", self._exchange_info),
                web.get("/api/v3/ping", self._empty),
                web.get("/api/v3/ticker/24hr", self._day),
                web.get("/api/v3/ticker/price", self._prices),
                web.get("/api/v3/ticker/bookTicker", self._books),
                web.get("/stream", self._socket),
                web.get("/ws", self._socket),
                web.get("/ws/{rest:.*}", self._socket),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        return runner

    # -- what a client asks -------------------------------------------------------------

    def _asked(self, request: web.Request) -> list[str]:
        if one := request.query.get("symbol"):
            return [one]
        many = request.query.get("symbols")
        return json.loads(many) if many else self._names

    async def _exchange_info(self, request: web.Request) -> web.Response:
        listed = [instrument(name) for name in self._asked(request)]
        return web.json_response(
            {"timezone": "UTC", "serverTime": 1, "rateLimits": [], "symbols": listed}
        )

    async def _empty(self, _request: web.Request) -> web.Response:
        return web.json_response({})

    def _rows(self, request: web.Request, row: Callable[[str], dict[str, Any]]) -> web.Response:
        rows = [row(name) for name in self._asked(request)]
        return web.json_response(rows[0] if "symbol" in request.query else rows)

    async def _day(self, request: web.Request) -> web.Response:
        price = _price(0)
        fixed = dict.fromkeys(
            ("lastPrice", "openPrice", "highPrice", "lowPrice", "bidPrice", "askPrice",
             "weightedAvgPrice", "prevClosePrice"), price
        )  # fmt: skip
        more = dict.fromkeys(("priceChange", "priceChangePercent", "volume", "quoteVolume"), "10")
        more |= dict.fromkeys(("lastQty", "bidQty", "askQty"), "1")
        zeros = dict.fromkeys(("openTime", "closeTime", "firstId", "lastId", "count"), 0)
        return self._rows(request, lambda name: {"symbol": name, **fixed, **more, **zeros})

    async def _prices(self, request: web.Request) -> web.Response:
        return self._rows(request, lambda name: {"symbol": name, "price": _price(0)})

    async def _books(self, request: web.Request) -> web.Response:
        return self._rows(
            request,
            lambda name: {
                "symbol": name,
                "bidPrice": _price(0),
                "bidQty": "1",
                "askPrice": _price(1),
                "askQty": "1",
            },
        )

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        line = Line(transport, combined=request.path == "/stream")
        asked = request.query.get("streams", request.match_info.get("rest", ""))
        line.add([stream for stream in asked.split("/") if stream])
        self._lines.add(line)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    call = json.loads(message.data)
                    if call.get("method") == "SUBSCRIBE":
                        line.add(call["params"])
                    await socket.send_str(json.dumps({"result": None, "id": call.get("id")}))
        finally:
            self._lines.discard(line)
        return socket

    # -- what the benchmark asks --------------------------------------------------------

    async def port(self) -> int:
        """Return where it listens."""
        return self._port

    async def connections(self) -> int:
        """Return how many clients have subscribed to something."""
        return sum(line.listens for line in self._lines)

    async def sent(self) -> int:
        """Return how many messages have been sent so far."""
        return self._number

    async def flood(self, window: int) -> None:
        """Begin to send as fast as they are read; at most ``window`` more than are counted."""
        self._begin(self._flood(window))

    async def pace(self, rate: float) -> None:
        """Begin to send so many messages a second, evenly, each stamped."""
        self._stamps.clear()
        self._begin(self._pace(rate))

    def _begin(self, work: Any) -> None:  # noqa: ANN401
        self._sending = asyncio.create_task(work)

    async def stop(self) -> int:
        """Stop sending; return how many have been sent so far."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None
        return self._number

    async def stamps(self) -> dict[str, int]:
        """Return when each trade of the last pace was written (ns), by ``symbol:id``."""
        return self._stamps

    async def _flood(self, window: int) -> None:
        start, counted = self._number, self._counter.value()
        moved = time.monotonic()
        seen = counted
        while True:
            await asyncio.sleep(0)
            count = self._counter.value()
            if count != seen:
                seen, moved = count, time.monotonic()
            if window and self._number - start - (count - counted) >= window:
                if time.monotonic() - moved > _STUCK:
                    start, counted = self._number, count
                await asyncio.sleep(0.0002)
                continue
            self._write(_CHUNK)
            while any(  # noqa: ASYNC110 - aiohttp keeps the event of the transport to itself
                one.transport.get_write_buffer_size() > _BACKLOG for one in self._lines
            ):
                await asyncio.sleep(0.0002)

    def _write(self, count: int) -> None:
        ms = time.time_ns() // 1_000_000
        lines = [line for line in self._lines if line.listens]
        for line in lines:
            share = count // len(lines)
            line.transport.write(b"".join([line.make(ms)[1] for _ in range(share)]))
            self._number += share

    async def _pace(self, rate: float) -> None:
        began, sent = time.perf_counter(), 0
        turn = itertools.cycle(sorted((line for line in self._lines if line.listens), key=id))
        while True:
            due = int((time.perf_counter() - began) * rate)
            while sent < due:
                self._number += 1
                sent += 1
                line, at = next(turn), time.time_ns()
                key, frame = line.make(at // 1_000_000)
                line.transport.write(frame)
                if key:
                    self._stamps[key] = at
            await asyncio.sleep(max(0.0, (sent + 1) / rate - (time.perf_counter() - began)))


async def main(counter: str, symbols: str) -> None:
    """Serve until stdin ends."""
    firehose = Firehose(counter, symbols)
    runner = await firehose.start()
    names_of_ops = ("port", "connections", "sent", "flood", "pace", "stop", "stamps")
    try:
        await serve({name: getattr(firehose, name) for name in names_of_ops})
    finally:
        await firehose.stop()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
