"""The usual design: FastAPI, a WebSocket for each viewer, fed by Redis Pub/Sub, JSON a tick.

``python -m bench.peer_fastapi serve <port> <redis port>`` is the server;
``… publish <redis port> <tickers> <rate>`` the feed behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import redis.asyncio as redis
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

_CHANNEL = "ticks"


def app(redis_port: int) -> FastAPI:
    """Return the server's application."""
    sockets: set[WebSocket] = set()

    async def relay() -> None:
        pubsub = redis.Redis(port=redis_port).pubsub()
        await pubsub.subscribe(_CHANNEL)
        async for message in pubsub.listen():
            if message["type"] != "message":
                continue
            text = message["data"].decode()
            for socket in tuple(sockets):
                try:
                    await socket.send_text(text)
                except (RuntimeError, WebSocketDisconnect):
                    sockets.discard(socket)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI):  # type: ignore[no-untyped-def]  # noqa: ANN202
        task = asyncio.create_task(relay())
        yield
        task.cancel()

    application = FastAPI(lifespan=lifespan)

    @application.websocket("/ws")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(socket)

    return application


async def publish(redis_port: int, tickers: int, rate: float) -> None:
    """Publish a tick of each ticker so often a second."""
    client = redis.Redis(port=redis_port)
    number = 0
    began = time.perf_counter()
    while True:
        number += 1
        for ticker in range(tickers):
            tick = {
                "k": "tick",
                "symbol": f"BINANCE:S{ticker:04}USDT",
                "last": f"{60_000 + number % 977}.45",
                "bid": "67123.44",
                "ask": "67123.46",
                "ts": time.time_ns(),
                "seq": number,
            }
            await client.publish(_CHANNEL, json.dumps(tick, separators=(",", ":")))
        await asyncio.sleep(max(0.0, number / rate - (time.perf_counter() - began)))


def main(what: str, *arguments: str) -> None:
    """Run until killed."""
    if what == "serve":
        port, redis_port = map(int, arguments)
        uvicorn.run(app(redis_port), port=port, log_level="error", ws="websockets-sansio")
        return
    redis_port_, tickers, rate = arguments
    asyncio.run(publish(int(redis_port_), int(tickers), float(rate)))


if __name__ == "__main__":
    main(*sys.argv[1:])
