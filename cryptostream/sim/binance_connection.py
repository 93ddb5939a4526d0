"""The shell around :class:`~cryptostream.sim.binance_protocol.BinanceProtocol`: one socket.

What one pass of the loop brings goes out in one write, as whole frames that were encoded once
for all connections.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from cryptostream.sim import binance_payloads as payloads
from cryptostream.sim.binance_message import PING, PONG, Message, frame
from cryptostream.sim.binance_protocol import (
    GOING_AWAY,
    BinanceProtocol,
    Close,
    Effect,
    Say,
    SendPing,
    SendPong,
)
from cryptostream.sim.faults import EVERYTHING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from aiohttp import web

    from cryptostream.sim.binance_hub import BinanceHub
    from cryptostream.sim.binance_streams import Stream
    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.faults import FaultBoard, FaultEvent

# What a client that does not read may leave with us before it is cut, in bytes.
UNREAD = 8 * 1024 * 1024


class BinanceConnection:
    """One client. ``clock`` is monotonic (s), ``now_ms`` the time of day."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        protocol: BinanceProtocol,
        hub: BinanceHub,
        board: FaultBoard,
        counts: Counter[str],
        *,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
    ) -> None:
        self._request = request
        self._socket = socket
        self._protocol = protocol
        self._hub = hub
        self._board = board
        self._counts = counts
        self._clock = clock
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._joined: dict[str, Stream] = {}
        self._pending: list[bytes] = []
        self._unit = payloads.unit_of(microseconds=protocol.microseconds)
        self._mute = False
        self._end: Close | None = None
        self._ended = asyncio.Event()
        self._later: list[asyncio.TimerHandle] = []

    # -- life ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until either side ends the connection."""
        forget = self._board.listen(self._on_fault)
        self._follow()
        try:
            async with asyncio.TaskGroup() as group:
                timer = group.create_task(self._keep_time())
                await self._read()
                timer.cancel()
        finally:
            forget()
            for stream in self._joined.values():
                self._hub.leave(stream, self)
            for handle in self._later:
                handle.cancel()

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def end(self, code: int, reason: str) -> None:
        """End the connection cleanly; only the first reason counts."""
        if self._end is None:
            self._end = Close(code, reason)
            self._ended.set()

    async def _keep_time(self) -> None:
        while self._end is None:
            delay = max(0.0, self._protocol.next_at() - self._clock())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._ended.wait()
            asks = not self._mute and self._fault("binance_no_ping") is None
            self._carry_out(self._protocol.clock(self._clock(), pings=asks))
        self._counts["ended"] += 1
        self._flush()
        await self._socket.close(code=self._end.code, message=self._end.reason.encode())

    async def _read(self) -> None:
        async for message in self._socket:
            self._counts["received"] += 1
            now = self._clock()
            if message.type is WSMsgType.TEXT:
                self._carry_out(self._answer(message.data, now))
                self._follow()
            elif message.type is WSMsgType.PING:
                self._carry_out(self._protocol.ping(bytes(message.data), now))
            elif message.type is WSMsgType.PONG:
                self._carry_out(self._protocol.pong(bytes(message.data), now))

    def _answer(self, text: str, now: float) -> list[Effect]:
        fault = self._fault("binance_error_frame")
        wrapped = fault is not None and fault["shape"] == "wrapped"
        return self._protocol.text(text, now, broken=fault is not None, wrapped=wrapped)

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Say():
                    self._put(frame(effect.text.encode()))
                case SendPing():
                    self._put(frame(effect.payload, PING))
                case SendPong():
                    self._put(frame(effect.payload, PONG))
                case Close():
                    self.end(effect.code, effect.reason)

    def _follow(self) -> None:
        """Join and leave until the hub gives what the protocol is subscribed to."""
        wanted = self._protocol.streams
        for name in self._joined.keys() - wanted.keys():
            self._hub.leave(self._joined.pop(name), self)
        for name in wanted.keys() - self._joined.keys():
            self._joined[name] = wanted[name]
            self._hub.join(wanted[name], self)
        self._mute = self._fault("binance_half_open") is not None

    # -- what goes out ------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        """Take a message of a stream; it leaves at the end of this pass of the loop."""
        self._put(message.frame(combined=self._protocol.combined, unit=self._unit))

    def _put(self, data: bytes) -> None:
        if self._mute or self._end is not None:
            return
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def _flush(self) -> None:
        frames, self._pending = self._pending, []
        transport = self._request.transport
        if transport is None or not frames:
            return
        if transport.get_write_buffer_size() > UNREAD:
            self._counts["cut_slow"] += 1
            self.abort()
            return
        self._counts["sent"] += len(frames)
        transport.write(b"".join(frames))

    # -- faults -------------------------------------------------------------------------

    def _fault(self, name: str) -> Params | None:
        """Return a fault that is set for all, or for a symbol of this connection."""
        symbols = {stream.symbol for stream in self._joined.values() if stream.symbol}
        found = (self._board.get(name, symbol) for symbol in (EVERYTHING, *symbols))
        return next((params for params in found if params is not None), None)

    def _on_fault(self, event: FaultEvent) -> None:
        mine = event.symbol == EVERYTHING or any(
            event.symbol == stream.symbol for stream in self._joined.values()
        )
        if not mine:
            return
        match event.fault.name:
            case "binance_drop":
                self._drop(str(event.params["how"]))
            case "binance_day_end":
                self.end(GOING_AWAY, "24 hours are over")
            case "binance_shutdown":
                self._shut_down(float(event.params["seconds"]))
            case "binance_half_open":
                self._mute = self._fault("binance_half_open") is not None

    def _drop(self, how: str) -> None:
        self.abort() if how == "abort" else self.end(1000, "simulated")

    def _shut_down(self, seconds: float) -> None:
        clock = payloads.Clock(self._now_ms())
        notice = Message("!serverShutdown", lambda unit: payloads.shutdown(clock, unit))
        self.deliver(notice)
        end = self._loop.call_later(seconds, self.end, GOING_AWAY, "server shutdown")
        self._later.append(end)
