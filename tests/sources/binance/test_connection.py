"""One websocket connection, against a server that does what real ones seldom do."""

import asyncio

import picows
import pytest

from cryptostream.errors import CryptoStreamError
from cryptostream.sources.binance.connection import Connection
from tests.sources.binance.recording import DEADLINE_S


class Taken:
    """Stands for the intake: keeps what it is given."""

    def __init__(self):
        self.payloads = []
        self.times = []
        self.news = asyncio.Event()

    def take(self, payload, now_ns):
        self.payloads.append(payload)
        self.times.append(now_ns)
        self.news.set()

    def settle(self):
        self.settled = len(self.payloads)

    async def until(self, count):
        async with asyncio.timeout(DEADLINE_S):
            while len(self.payloads) < count:
                self.news.clear()
                await self.news.wait()


class Far(picows.WSListener):
    """The far side of one connection."""

    def __init__(self):
        self.heard = asyncio.Queue()
        self.transport = None

    def on_ws_connected(self, transport):
        self.transport = transport

    def on_ws_frame(self, transport, frame):
        self.heard.put_nowait((frame.msg_type.name, frame.get_payload_as_bytes()))

    async def next(self):
        async with asyncio.timeout(DEADLINE_S):
            return await self.heard.get()


class Pair:
    def __init__(self):
        self.taken = Taken()
        self.flushes = self.spoken = 0
        self.connection = Connection(self.taken, self._flush, self._spoke)
        self.far = Far()

    def _flush(self):
        self.flushes += 1

    def _spoke(self):
        self.spoken += 1


@pytest.fixture
async def pair():
    """A connection that is open, and its far side."""
    pair = Pair()
    server = await picows.ws_create_server(
        lambda _: pair.far, "127.0.0.1", 0, enable_auto_pong=False
    )
    port = server.sockets[0].getsockname()[1]
    await pair.connection.open(f"ws://127.0.0.1:{port}/ws", "host", 5.0)
    yield pair
    await pair.connection.end()
    if pair.far.transport is not None:
        pair.far.transport.disconnect(graceful=False)
    server.close()
    await server.wait_closed()


TEXT, CONTINUATION = picows.WSMsgType.TEXT, picows.WSMsgType.CONTINUATION


async def test_what_one_read_brings_has_one_time_and_one_flush(pair):
    for number in range(20):
        pair.far.transport.send(TEXT, f'{{"id":{number}}}' + "x" * 150 * (number % 2))
    await pair.taken.until(20)
    assert pair.taken.payloads[6] == b'{"id":6}'
    assert len(pair.taken.payloads[7]) == 158
    assert pair.flushes == len(set(pair.taken.times)) == pair.connection.reads <= 20


async def test_a_very_large_read_is_handed_on_in_pieces(pair):
    message = b"x" * 200
    frame = b"\x81\x7e" + len(message).to_bytes(2, "big") + message
    pair.far.transport.underlying_transport.write(frame * 3000)
    await pair.taken.until(3000)
    assert pair.flushes >= 3000 // 512
    assert pair.flushes == pair.connection.reads


async def test_requests_and_pings_go_out(pair):
    pair.connection.say("hello")
    pair.connection.ping()
    assert await pair.far.next() == ("TEXT", b"hello")
    assert (await pair.far.next())[0] == "PING"


async def test_a_ping_is_answered_with_its_payload_and_counted(pair):
    pair.far.transport.send_ping(b"1672515782136")
    assert await pair.far.next() == ("PONG", b"1672515782136")
    assert (pair.spoken, pair.connection.reads) == (1, 1)


async def test_a_message_in_parts_is_put_together(pair):
    pair.far.transport.send(TEXT, '{"a":', fin=False)
    pair.far.transport.send_ping(b"between")
    pair.far.transport.send(CONTINUATION, "1", fin=False)
    pair.far.transport.send(CONTINUATION, "}")
    pair.far.transport.send(TEXT, "next")
    await pair.taken.until(2)
    assert pair.taken.payloads == [b'{"a":1}', b"next"]


async def test_a_message_in_too_many_parts_is_cut(pair):
    part = "x" * 400_000
    pair.far.transport.send(TEXT, part, fin=False)
    for _ in range(4):
        pair.far.transport.send(CONTINUATION, part, fin=False)
    pair.far.transport.send(CONTINUATION, "")
    await pair.taken.until(1)
    assert len(pair.taken.payloads[0]) == 800_000


async def test_the_far_side_says_why_it_ends(pair):
    pair.far.transport.send_close(picows.WSCloseCode.GOING_AWAY, b"24 hours are over")
    assert await pair.connection.ended() == "the connection was closed: 24 hours are over"


async def test_the_far_side_is_gone(pair):
    pair.far.transport.disconnect(graceful=False)
    assert await pair.connection.ended() == "the connection was cut"


async def test_a_far_side_that_breaks_the_protocol_is_an_error(pair):
    pair.far.transport.underlying_transport.write(b"\x8f\x00")
    with pytest.raises(CryptoStreamError) as caught:
        await pair.connection.ended()
    assert caught.value.code == "protocol"


async def test_a_far_side_that_does_not_close_is_cut(pair):
    pair.far.transport.underlying_transport.pause_reading()
    began = asyncio.get_running_loop().time()
    await pair.connection.end()
    assert asyncio.get_running_loop().time() - began < 5.0


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rate_limited"), (451, "geo_blocked"), (500, "http_error")]
)
async def test_a_refused_handshake_is_told(status, code):
    answer = picows.WSUpgradeResponse.create_error_response(status, b"no")
    server = await picows.ws_create_server(
        lambda _: picows.WSUpgradeResponseWithListener(answer, None), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    pair = Pair()
    with pytest.raises(CryptoStreamError) as caught:
        await pair.connection.open(f"ws://127.0.0.1:{port}/ws", "host", 5.0)
    assert caught.value.code == code
    server.close()
    await server.wait_closed()


async def test_a_host_that_accepts_and_says_nothing_is_unreachable():
    async def accept(_, writer):
        held.append(writer)

    held = []
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pair = Pair()
    with pytest.raises(CryptoStreamError) as caught:
        await pair.connection.open(f"ws://127.0.0.1:{port}/ws", "host", 0.2)
    assert caught.value.code == "unreachable"
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()


async def test_what_was_never_open_cannot_end():
    pair = Pair()
    await pair.connection.end()
    pair.connection.abort()
    with pytest.raises(CryptoStreamError):
        await pair.connection.ended()
