"""A real gateway before a real router, in the test's own loop."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import websockets

from cryptostream.gateway.process import serving
from tests.local_market import local_config, local_market, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from cryptostream.config.settings import Config
    from cryptostream.gateway.services import Services
    from tests.local_market import LocalMarket

DEADLINE = 20.0
JSON, MSGPACK = "cryptostream.json.v1", "cryptostream.msgpack.v1"


class Viewer:
    """A viewer as a foreign program would write it."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self._packs = connection.subprotocol == MSGPACK
        self._id = 0

    async def send(self, **fields: Any) -> None:
        if self._packs:
            await self.connection.send(msgspec.msgpack.encode(fields))
        else:
            await self.connection.send(msgspec.json.encode(fields).decode())

    async def next(self) -> dict[str, Any]:
        body = await self.connection.recv()
        assert isinstance(body, bytes) == self._packs
        if self._packs:
            return msgspec.msgpack.decode(body)
        return msgspec.json.decode(body)

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first message that is wanted."""
        return [one async for one in self.all_until(wanted)][-1]

    async def all_until(
        self, wanted: Callable[[dict[str, Any]], bool]
    ) -> AsyncIterator[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DEADLINE
        while True:
            async with asyncio.timeout_at(deadline):
                message = await self.next()
            assert loop.time() < deadline
            yield message
            if wanted(message):
                return

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Return the answer to a request; what comes before it is dropped."""
        self._id += 1
        await self.send(op=op, id=self._id, **fields)
        return await self.until(lambda message: message.get("re") == self._id)

    async def records(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Return all records up to where there are enough."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(DEADLINE):
            while not enough(found):
                found += (await self.next()).get("records", [])
        return found

    async def tick(self, last: str) -> dict[str, Any]:
        """Return the tick with this price."""
        found = await self.records(lambda all_: any(one.get("last") == last for one in all_))
        return next(one for one in found if one.get("last") == last)

    async def closed(self) -> int:
        """Return the code with which the gateway ends this connection."""
        with contextlib.suppress(websockets.ConnectionClosed):
            async with asyncio.timeout(DEADLINE):
                while True:
                    await self.connection.recv()
        return self.connection.close_code


@dataclass
class World:
    """A market, a gateway, and the way to it."""

    market: LocalMarket
    services: Services
    config: Config

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.config.gateway.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @contextlib.asynccontextmanager
    async def viewer(self, *subprotocols: str, **options: Any) -> AsyncIterator[Viewer]:
        async with websockets.connect(
            f"ws://{self.address}/v1/stream",
            subprotocols=list(subprotocols or (JSON,)),
            compression=None,
            **options,
        ) as connection:
            yield Viewer(connection)

    async def opened(self, symbol: str) -> None:
        await until(lambda: symbol in self.market.source.states)


def gateway_config(ports: list[int], place: Path, **gateway: Any) -> Config:
    """Return settings of a router and a gateway of the test's own."""
    config = local_config(ports, place)
    settings = {"port": ports[2], "tokens_file": str(place / "tokens.json"), **gateway}
    return msgspec.structs.replace(
        config, gateway=msgspec.convert(settings, type(config.gateway), strict=False)
    )


@pytest.fixture
def begin(
    free_ports: Callable[[int], list[int]], tmp_path: Path
) -> Callable[..., contextlib.AbstractAsyncContextManager[World]]:
    """Return what starts a gateway with settings of the test's choice."""

    @contextlib.asynccontextmanager
    async def start(**gateway: Any) -> AsyncIterator[World]:
        config = gateway_config(free_ports(3), tmp_path, **gateway)
        async with local_market(config) as market, serving(config) as services:
            yield World(market, services, config)

    return start


@pytest.fixture
async def world(
    begin: Callable[..., contextlib.AbstractAsyncContextManager[World]],
) -> AsyncIterator[World]:
    """Return a gateway with the usual settings."""
    async with begin() as found:
        yield found
