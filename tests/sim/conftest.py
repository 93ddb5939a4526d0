"""Real servers, a real client of the quote protocol and a real browser for the simulated market."""

import asyncio
import contextlib
import json

import aiohttp
import pytest

from cryptostream.sim.framing import frame, heartbeat_number, unframe
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

DEADLINE_S = 10


class QuoteClient:
    """Speaks the quote protocol as a page does; ``seen`` holds the messages read so far."""

    def __init__(self, socket):
        self.socket = socket
        self.waiting = []

    async def next(self, *, echo=True):
        """Return the next payload: a message, or the number of a heartbeat."""
        while not self.waiting:
            async with asyncio.timeout(DEADLINE_S):
                message = await self.socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ConnectionError(message.type.name)
            self.waiting = unframe(message.data)
        payload = self.waiting.pop(0)
        number = heartbeat_number(payload)
        if number is None:
            return json.loads(payload)
        if echo:
            await self.socket.send_str(frame(payload))
        return number

    async def until(self, wanted):
        """Return the first payload that ``wanted`` accepts."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                payload = await self.next()
                if wanted(payload):
                    return payload

    async def until_cut(self, *, echo):
        """Read until the server ends the connection."""
        async with asyncio.timeout(DEADLINE_S):
            while not self.socket.closed:
                with contextlib.suppress(ConnectionError):
                    await self.next(echo=echo)

    async def send(self, method, *params):
        await self.socket.send_str(frame(json.dumps({"m": method, "p": list(params)})))

    async def add(self, *symbols):
        """Open a session with the symbols and read the hello."""
        await self.next()
        await self.send("set_auth_token", "unauthorized_user_token")
        await self.send("quote_create_session", "qs_test")
        await self.send("quote_add_symbols", "qs_test", *symbols)

    async def values(self, *names):
        """Return the values of the next quote message that has all the names."""

        def has(payload):
            return (
                isinstance(payload, dict)
                and payload["m"] == "qsd"
                and all(name in payload["p"][1]["v"] for name in names)
            )

        return (await self.until(has))["p"][1]["v"]


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sim():
    """A market that moves only when the test pushes a price."""
    async with SimServer(SimSettings(port=0, market="manual", heavy=False)) as server:
        yield server


@pytest.fixture
def quotes(http):
    """Return a function that connects a quote client."""

    async def connect(server, path="symbols/BTCUSDT/"):
        url = f"{server.url}/socket.io/websocket"
        return QuoteClient(await http.ws_connect(url, params={"from": path}))

    return connect
