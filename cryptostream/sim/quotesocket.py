"""The quote socket: the thin shell around :class:`~cryptostream.sim.quotes.QuoteProtocol`.

One connection is one reader (the request's own task) with a writer, a heart and a flusher
beside it in one task group; when the reader ends, all end.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from cryptostream.errors import ProtocolError
from cryptostream.sim.faults import EVERYTHING, FaultBoard, FaultEvent
from cryptostream.sim.fields import trade_fields
from cryptostream.sim.framing import exact_json, frame, heartbeat, heartbeat_number, unframe
from cryptostream.sim.instruments import INSTRUMENTS, find
from cryptostream.sim.outbox import Outbox
from cryptostream.sim.quotes import Delta, QuoteProtocol, RateRequest
from cryptostream.sim.synthetic import SyntheticPrices

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.feed import Feed
    from cryptostream.sim.settings import Periods

# What a page that does not read may leave with us before it is cut.
_OUTBOX = 20_000
# Synthetic prices sent before the loop may see to others.
_BREATH = 50
# A change of these must be seen at once, not only with the next move of the price.
_RESHOWN = frozenset({"zero", "negative", "symbol_error", "delayed"})
_FROM = re.compile(r"symbols/(?:([A-Z0-9_]+)-)?([A-Z0-9.]+)/")


def symbol_of_page(origin: str) -> str:
    """Return the symbol of the page that opens a socket, from the address's ``from``."""
    found = _FROM.match(origin)
    instrument = found and find(found[2], found[1] or "")
    return instrument.symbol if instrument else EVERYTHING


def hello(number: int, now_ms: int) -> str:
    """Return the first payload of a connection."""
    return exact_json(
        {
            "session_id": f"<0.{1000 + number}.0>_simulated-quotes-1",
            "timestamp": now_ms // 1000,
            "timestampMs": now_ms,
            "release": "simulated/quotes:1",
            "studies_metadata_hash": "0" * 40,
            "protocol": "json",
            "javastudies": "simulated",
            "auth_scheme_vsn": 2,
            "via": "127.0.0.1:443",
        }
    )


class QuoteConnection:
    """One page (or program) on the quote socket."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, feed: Feed, board: FaultBoard
    ) -> None:
        self._request = request
        self._socket = socket
        self._feed = feed
        self._board = board
        self._protocol = QuoteProtocol(feed.snapshot)
        self._outbox = Outbox(socket, _OUTBOX, self.abort)
        self._attached: dict[str, Callable[[], None]] = {}
        self._pumps: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._page = symbol_of_page(request.query.get("from", ""))
        self._asked: dict[int, float] = {}

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _send(self, *payloads: str) -> None:
        if payloads:
            self._outbox.put("".join(map(frame, payloads)))

    def _concerned(self, event: FaultEvent) -> bool:
        mine = self._protocol.watched() | {self._page}
        return any(event.concerns(symbol) for symbol in mine)

    def _fault(self, name: str) -> bool:
        mine = self._protocol.watched() | {self._page}
        return any(self._board.get(name, symbol) is not None for symbol in mine)

    def on_fault(self, event: FaultEvent) -> None:
        """Carry out what the switchboard says about our symbols."""
        if not self._concerned(event):
            return
        name = event.fault.name
        if name == "drop_socket":
            self.abort() if event.params["how"] == "abort" else self._outbox.finish()
        elif name == "protocol_error" and event.active:
            self._refuse("simulated protocol error")
        elif name in _RESHOWN or (name == "freeze" and not event.active):
            for symbol in filter(event.concerns, self._protocol.watched()):
                self._send(*self._protocol.refresh(symbol))

    def _refuse(self, text: str) -> None:
        self._send(exact_json({"m": "protocol_error", "p": [text]}))
        self._outbox.finish()

    async def run(self, first: str, periods: Periods) -> None:
        """Serve until either side ends the connection. ``first`` is hello or redirect."""
        forget = self._board.listen(self.on_fault)
        self._send(first)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._outbox.run()),
                    group.create_task(self._beat(periods)),
                    group.create_task(self._flush(periods.slow)),
                ]
                await self._read(group)
                for task in (*tasks, *self._pumps.values()):
                    task.cancel()
        finally:
            forget()
            for detach in self._attached.values():
                detach()

    async def _read(self, group: asyncio.TaskGroup) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                for payload in unframe(message.data):
                    self._receive(payload)
            except ProtocolError as error:
                self._refuse(error.message)
            self._follow(group)

    def _receive(self, payload: str) -> None:
        number = heartbeat_number(payload)
        if number is not None:
            self._asked.pop(number, None)
            return
        answers = self._protocol.receive(payload)
        if answers and self._fault("protocol_error"):
            self._refuse("simulated protocol error")
            return
        for answer in answers:
            self._send(answer)

    def _follow(self, group: asyncio.TaskGroup) -> None:
        """Attach and detach until the feed gives what the protocol's sessions want."""
        wanted = {symbol for symbol in self._protocol.watched() if symbol in INSTRUMENTS}
        for symbol in self._attached.keys() - wanted:
            self._attached.pop(symbol)()
        for symbol in wanted - self._attached.keys():
            self._attached[symbol] = self._feed.attach(symbol, self._on_delta)
        for key, request in self._protocol.rates.items():
            if key not in self._pumps and request.symbol in INSTRUMENTS and request.rate:
                self._pumps[key] = group.create_task(self._pump(request))

    def _on_delta(self, symbol: str, delta: Delta) -> None:
        for payload in self._protocol.delta(symbol, delta):
            self._send(payload)

    async def _beat(self, periods: Periods) -> None:
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            await asyncio.sleep(periods.heartbeat)
            now = loop.time()
            if any(now - asked > periods.echo for asked in self._asked.values()):
                self._outbox.finish()
            elif not self._fault("no_heartbeats"):
                number += 1
                self._asked[number] = now
                self._send(heartbeat(number))

    async def _flush(self, period: float) -> None:
        while True:
            await asyncio.sleep(period)
            self._send(*self._protocol.flush_slow())

    async def _pump(self, request: RateRequest) -> None:
        """Send the synthetic prices, each when it is due, in a message of its own."""
        instrument = INSTRUMENTS[request.symbol]
        prices = SyntheticPrices(self._feed.shown(request.symbol), request.rate)
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        while True:
            await asyncio.sleep(max(0.0, began + prices.due(number) - loop.time()))
            while began + prices.due(number) <= loop.time():
                number += 1
                fields = trade_fields(instrument, prices.quote(number))
                for payload in self._protocol.synthetic(request, fields):
                    self._send(payload)
                if number % _BREATH == 0:
                    break
