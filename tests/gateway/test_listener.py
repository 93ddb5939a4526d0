"""Connections of the HTTP server: a request arrives whole or is cut; an answer has its time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from cryptostream.config.gateway import Gateway
from cryptostream.errors import StartError
from cryptostream.gateway.listener import Listener, PromptConnection, started
from tests.local_market import DEADLINE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"


class Answers:
    """Reads a request whole, waits until it may answer, and answers with what was sent."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, _scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.asked.set()
        await self.may_answer.wait()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def settings(free_ports) -> Gateway:
    return Gateway(port=free_ports(1)[0])


@asynccontextmanager
async def listening(
    app: Answers, settings: Gateway
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    listener = Listener(app, settings)
    with listener.bind() as place:
        serving = asyncio.create_task(listener.run_on(place))
        await started(listener, DEADLINE)
        reader, writer = await asyncio.open_connection(settings.host, settings.port)
        try:
            async with asyncio.timeout(DEADLINE):
                yield reader, writer
        finally:
            writer.close()
            listener.should_exit = True
            await serving


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the connection is cut."""
    found = b""
    try:
        while data := await reader.read(1000):
            found += data
    except ConnectionResetError:
        return found
    return found


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost:", HEAD, HEAD + b"ab"],
    ids=["nothing", "half a head", "no body", "half a body"],
)
async def test_a_request_that_does_not_arrive_is_cut(settings, sent, monkeypatch):
    monkeypatch.setattr(PromptConnection, "whole_within", 0.1)
    async with listening(Answers(), settings) as (reader, writer):
        writer.write(sent)

        assert await all_of(reader) == b""


async def test_half_a_second_request_is_cut_too(settings, monkeypatch):
    monkeypatch.setattr(PromptConnection, "whole_within", 0.1)
    async with listening(Answers(), settings) as (reader, writer):
        writer.write(HEAD + b"abcd")
        assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")

        writer.write(b"POST / HT")

        assert await all_of(reader) == b""


async def test_an_answer_may_take_longer_than_its_request(settings, monkeypatch):
    monkeypatch.setattr(PromptConnection, "whole_within", 0.1)
    app = Answers()
    app.may_answer.clear()
    async with listening(app, settings) as (reader, writer):
        writer.write(HEAD + b"ab")
        writer.write(b"cd")
        await app.asked.wait()
        # The time for a request passes; its own has arrived.
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.3, done.set)
        await done.wait()

        app.may_answer.set()

        assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")


async def test_an_address_in_use_is_told(settings):
    listener = Listener(Answers(), settings)
    with listener.bind(), pytest.raises(StartError) as failure:
        listener.bind()

    assert failure.value.code == "port_in_use"
