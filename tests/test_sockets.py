"""The drained reader: no message is left behind by the edge-triggered descriptor."""

from __future__ import annotations

import asyncio

import pytest
import zmq

from cryptostream.sockets import BATCH, DrainedReader, send_now

DEADLINE = 10.0


@pytest.fixture
def pair():
    """Return a PUSH socket and the PULL socket that it is connected to, both without bounds."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as out,
        context.socket(zmq.PULL) as sink,
    ):
        sink.rcvhwm = out.sndhwm = 0
        port = sink.bind_to_random_port("tcp://127.0.0.1")
        out.connect(f"tcp://127.0.0.1:{port}")
        yield out, sink


async def test_messages_that_were_there_before_the_reader_are_read(pair):
    out, sink = pair
    for number in range(10):
        out.send(bytes([number]))
    seen, enough = [], asyncio.Event()

    def take(frames):
        seen.append(frames[0])
        if len(seen) == 10:
            enough.set()

    reader = DrainedReader(sink, take)
    async with asyncio.timeout(DEADLINE):
        await enough.wait()
    reader.close()

    assert seen == [bytes([number]) for number in range(10)]


async def test_more_messages_than_a_batch_are_read_and_other_tasks_run_between(pair):
    out, sink = pair
    total, count, batches = BATCH * 4 + 7, 0, []
    enough = asyncio.Event()

    def take(_frames):
        nonlocal count
        count += 1
        if count == total:
            enough.set()

    reader = DrainedReader(sink, take, after=lambda: batches.append(count))
    for _ in range(total):
        out.send(b"x")
    async with asyncio.timeout(DEADLINE):
        await enough.wait()
    reader.close()

    assert count == total
    assert len(batches) >= 4


async def test_messages_of_any_number_of_frames_stay_apart(pair):
    messages = [
        *([b"a"], [b"b", b"c"], [b""], [b"d", b"", b"e"], [b"", b""]),
        *([bytes([n])] * n for n in range(1, 12)),
        [b"end"],
    ]
    out, sink = pair
    seen, enough = [], asyncio.Event()

    def take(frames):
        seen.append(frames)
        if frames == [b"end"]:
            enough.set()

    reader = DrainedReader(sink, take)
    for frames in messages:
        assert send_now(out, frames)
    async with asyncio.timeout(DEADLINE):
        await enough.wait()
    reader.close()

    assert seen == messages


async def test_a_message_that_comes_alone_is_read_each_time():
    with (
        zmq.Context() as context,
        context.socket(zmq.DEALER) as out,
        context.socket(zmq.DEALER) as sink,
    ):
        port = sink.bind_to_random_port("tcp://127.0.0.1")
        out.connect(f"tcp://127.0.0.1:{port}")
        seen: asyncio.Queue[list[bytes]] = asyncio.Queue()
        reader = DrainedReader(sink, seen.put_nowait)
        for number in range(50):
            frames = [b"x", bytes([number])]
            assert send_now(out, frames)
            async with asyncio.timeout(DEADLINE):
                assert await seen.get() == frames
        reader.close()


async def test_sending_on_a_full_socket_says_so():
    with zmq.Context() as context, context.socket(zmq.PUSH) as out:
        out.sndhwm = 1

        assert send_now(out, [b"nobody is connected"]) is False


async def test_a_handler_may_close_the_socket_that_it_reads_from(pair):
    out, sink = pair
    seen, closed = [], asyncio.Event()

    def take(frames):
        seen.append(frames[0])
        reader.close()
        sink.close()
        closed.set()

    for number in range(10):
        out.send(bytes([number]))
    reader = DrainedReader(sink, take)
    async with asyncio.timeout(DEADLINE):
        await closed.wait()

    assert seen == [b"\x00"]
