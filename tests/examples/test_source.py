"""The example of a source, against a server as its text describes it: all cards that apply."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from cryptostream.config.settings import Config
from cryptostream.sources.cards import CARDS, Adapter, NotApplicable
from cryptostream.sources.kinds import GROUP, load

PLACE = Path(__file__).parents[2] / "examples" / "source"
LISTED = ("BINANCE:BTCUSDT", "BINANCE:ETHUSDT")


class Server:
    """Knows two tickers; sends a price of each that was asked for, again and again."""

    def __init__(self) -> None:
        self.address = ""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.lose()

    async def lose(self) -> None:
        for writer, task in list(self._writers.items()):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wanted: set[str] = set()
        sender = self._writers[writer] = asyncio.create_task(self._send(writer, wanted))
        try:
            while line := await reader.readline():
                name = line.decode().strip()
                if name in LISTED:
                    wanted.add(name)
                else:
                    writer.write(f"{name} unknown\nnoise\n{LISTED[0]} NaN\n".encode())
        finally:
            sender.cancel()
            self._writers.pop(writer, None)
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, wanted: set[str]) -> None:
        number = 0
        while True:
            for name in sorted(wanted):
                number += 1
                writer.write(f"{name} {number}.5\n".encode())
            await writer.drain()
            await asyncio.sleep(0.02)  # the rate of this server


@pytest.fixture
async def server():
    it = Server()
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
def kind(monkeypatch):
    monkeypatch.syspath_prepend(PLACE)
    yield load([EntryPoint("lines", "lines_source:KIND", GROUP)])["lines"]
    sys.modules.pop("lines_source", None)


@pytest.mark.parametrize("card", CARDS)
async def test_the_example_passes(card, kind, server):
    settings = {"options": [f"lines.address={server.address}"], "order": ["lines"]}
    adapter = Adapter(
        kind=kind,
        config=Config.from_dict({"sources": settings}),
        symbols=LISTED,
        unknown="BINANCE:NOSUCH",
        lose=server.lose,
        within=5.0,
    )
    try:
        await CARDS[card](adapter)
    except NotApplicable as reason:
        pytest.skip(str(reason))


def test_it_is_sixty_lines_of_code_as_promised():
    text = (PLACE / "lines_source.py").read_text("utf-8")
    code = text[text.index("class LinesSource") : text.index("KIND =")]
    assert len([line for line in code.splitlines() if line.strip()]) <= 60
