"""What comes in is handed on in order and whole, and does not change when more is read."""

import asyncio
import socket

from cryptostream.read_buffer import SIZE, BufferedStream
from tests.local_market import until


class Collector(BufferedStream):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def received(self, data: bytes) -> None:
        self.pieces.append(data)


async def test_reads_are_handed_on_and_kept_apart_from_the_buffer():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    collector = Collector()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: collector, sock=ours)
    sent = b"".join(bytes([number]) * SIZE for number in range(3))
    try:
        async with asyncio.timeout(10):
            await loop.sock_sendall(theirs, sent)
        await until(lambda: sum(map(len, collector.pieces)) == len(sent))
    finally:
        transport.close()
        theirs.close()
    assert b"".join(collector.pieces) == sent
