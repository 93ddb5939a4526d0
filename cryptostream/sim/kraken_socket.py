"""One connection to the socket of the Kraken replica: the shell around its protocol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from cryptostream.sim import kraken_messages
from cryptostream.sim.framing import exact_json
from cryptostream.sim.kraken import BY_NAME
from cryptostream.sim.kraken_protocol import KrakenProtocol
from cryptostream.sim.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.faults import FaultBoard, FaultEvent
    from cryptostream.sim.kraken_messages import Message
    from cryptostream.sim.market import Change, Market

# What a client that does not read may leave with us before it is cut.
_OUTBOX = 20_000
# Without any other message a heartbeat comes about so often (s).
HEARTBEAT = 1.0
_NAMES = {pair.instrument.symbol: name for name, pair in BY_NAME.items()}


class KrakenConnection:
    """``period`` is that of the heartbeats (s)."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        market: Market,
        board: FaultBoard,
        period: float,
    ) -> None:
        self._request = request
        self._socket = socket
        self._market = market
        self._board = board
        self._period = period
        self._protocol = KrakenProtocol(market.quote)
        self._outbox = Outbox(socket, _OUTBOX, self.abort)
        self._watching: dict[str, Callable[[], None]] = {}
        # A connection that has gone dead does not come back, whatever the far side does.
        self._dead = board.get("kraken_half_open") is not None
        self._spoke = False

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self, number: int) -> None:
        """Serve until either side ends the connection; ``number`` tells it from others."""
        forget = self._board.listen(self._on_fault)
        self._send(self._status(number))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._outbox.run()), group.create_task(self._beat())]
                async for message in self._socket:
                    if message.type is WSMsgType.TEXT:
                        self._receive(message.data)
                for task in tasks:
                    task.cancel()
        finally:
            forget()
            for unwatch in self._watching.values():
                unwatch()

    def _status(self, number: int) -> Message:
        online = self._board.get("kraken_maintenance") is None
        return kraken_messages.status(number, online=online)

    def _send(self, message: Message) -> None:
        if self._dead:
            return
        self._spoke = True
        text = exact_json(message)
        if self._board.get("kraken_malformed") is not None:
            text = text[: len(text) * 2 // 3]
        self._outbox.put(text)

    def _receive(self, text: str) -> None:
        for answer in self._protocol.receive(text, self._market.now_ms()):
            self._send(answer)
        wanted = self._protocol.watched()
        for symbol in self._watching.keys() - wanted:
            self._watching.pop(symbol)()
        for symbol in wanted - self._watching.keys():
            self._watching[symbol] = self._market.watch(symbol, self._on_change)

    def _on_change(self, change: Change) -> None:
        name = _NAMES[change.instrument.symbol]
        for message in self._protocol.change(name, change, self._market.now_ms()):
            self._send(message)

    def _on_fault(self, event: FaultEvent) -> None:
        if event.fault.name == "kraken_drop":
            self.abort() if event.params["how"] == "abort" else self._outbox.finish()
        elif event.fault.name == "kraken_half_open" and event.active:
            self._dead = True
        elif event.fault.name == "kraken_maintenance":
            self._send(self._status(0))

    async def _beat(self) -> None:
        while True:
            self._spoke = False
            await asyncio.sleep(self._period)
            if not self._spoke:
                self._send(kraken_messages.HEARTBEAT)
