"""The DevTools protocol over a pipe: framing, answers, events, and a browser that goes away."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import SourceError
from cryptostream.sources.tradingview.cdp import CdpError, Connection, Splitter

DEADLINE = 10.0


class Written(asyncio.WriteTransport):
    """The write end of a pipe: keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def write(self, data: Any) -> None:
        assert data.endswith(b"\0")
        self.commands.append(json.loads(data[:-1]))
        self._news.set()

    async def has(self, commands: int) -> None:
        """Wait until so many commands were written."""
        async with asyncio.timeout(DEADLINE):
            while len(self.commands) < commands:
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def pipe() -> tuple[Connection, Written]:
    connection, written = Connection(), Written()
    connection.writes_to(written)
    return connection, written


def say(connection: Connection, **message: Any) -> None:
    connection.received(json.dumps(message).encode() + b"\0")


@given(st.lists(st.binary(max_size=30).filter(lambda b: b"\0" not in b)), st.data())
def test_messages_are_whole_however_the_pipe_cuts_them(messages, data):
    stream = b"".join(message + b"\0" for message in messages)
    splitter, found, position = Splitter(), [], 0
    while position < len(stream):
        size = data.draw(st.integers(1, len(stream) - position))
        found += splitter.feed(stream[position : position + size])
        position += size

    assert found == messages


def test_a_message_without_end_is_refused():
    splitter = Splitter(longest=10)

    with pytest.raises(CdpError):
        splitter.feed(b"x" * 11)


async def test_a_command_returns_its_own_answer(pipe):
    connection, written = pipe
    first = asyncio.create_task(connection.send("A.b", {"x": 1}, "S1"))
    second = asyncio.create_task(connection.send("C.d"))
    await written.has(2)

    say(connection, id=2, result={"n": 2})
    say(connection, id=1, result={"n": 1})

    assert json.loads(bytes(await first)) == {"n": 1}
    assert json.loads(bytes(await second)) == {"n": 2}
    assert written.commands == [
        {"id": 1, "method": "A.b", "params": {"x": 1}, "sessionId": "S1"},
        {"id": 2, "method": "C.d", "params": {}},
    ]


async def test_a_refusal_raises(pipe):
    connection, written = pipe
    command = asyncio.create_task(connection.send("A.b"))
    await written.has(1)

    say(connection, id=1, error={"code": -32000, "message": "no such page"})

    with pytest.raises(CdpError, match="no such page"):
        await command


async def test_a_mute_browser_ends_a_command_at_its_deadline(pipe):
    connection, _ = pipe

    with pytest.raises(CdpError) as failure:
        await connection.send("A.b", within=0.01)

    assert failure.value.code == "browser_mute"
    say(connection, id=1, result={})


async def test_a_browser_that_goes_away_fails_what_is_open_and_what_comes(pipe):
    connection, written = pipe
    command = asyncio.create_task(connection.send("A.b"))
    await written.has(1)

    connection.connection_lost(None)

    assert connection.gone.is_set()
    for attempt in (command, connection.send("C.d")):
        with pytest.raises(SourceError) as failure:
            await attempt
        assert failure.value.code == "browser_gone"


async def test_events_go_to_the_handler_of_their_session(pipe):
    connection, _ = pipe
    heard: list[tuple[str, bytes]] = []
    connection.on("E.e", lambda raw: heard.append(("one", bytes(raw))), "S1")
    connection.on("E.e", lambda raw: heard.append(("two", bytes(raw))), "S2")

    say(connection, method="E.e", params={"n": 1}, sessionId="S2")
    say(connection, method="E.e", params={"n": 2}, sessionId="S9")
    connection.forget("S2")
    say(connection, method="E.e", params={"n": 3}, sessionId="S2")
    say(connection, method="E.e", params={"n": 4}, sessionId="S1")

    assert [(name, json.loads(raw)["n"]) for name, raw in heard] == [("two", 1), ("one", 4)]


async def test_what_is_no_message_is_counted_and_nothing_is_lost(pipe):
    connection, written = pipe
    command = asyncio.create_task(connection.send("A.b"))
    await written.has(1)

    connection.received(b"nonsense\0[1]\0")
    say(connection, id=1, result={})

    assert bytes(await command) == b"{}"
    assert connection.malformed == 2


async def test_an_answer_of_another_shape_raises(pipe):
    class Wanted(msgspec.Struct):
        name: str

    connection, written = pipe
    command = asyncio.create_task(connection.ask(Wanted, "A.b"))
    await written.has(1)
    say(connection, id=1, result={"other": 1})

    with pytest.raises(CdpError, match="something else"):
        await command


def test_what_one_read_brings_is_one_pass_even_when_a_handler_fails(pipe):
    connection, _ = pipe
    seen: list[str] = []
    connection.before_pass = lambda: seen.append("before")
    connection.after_pass = lambda: seen.append("after")

    def fail(_raw: msgspec.Raw) -> None:
        raise ValueError("no such page")

    connection.on("A.good", lambda _raw: seen.append("good"))
    connection.on("A.bad", fail)
    both = json.dumps({"method": "A.good"}).encode() + b"\0"
    connection.received(both + both)
    with pytest.raises(ValueError, match="no such page"):
        say(connection, method="A.bad")
    assert seen == ["before", "good", "good", "after", "before", "after"]
