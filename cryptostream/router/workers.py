"""The router's end of the inner hop: the socket that workers connect to, and who is up."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Protocol

from loguru import logger

from cryptostream.errors import ProtocolError, StartError
from cryptostream.hop_socket import HopSocket
from cryptostream.router.hop import Hop, Hops, missing_before
from cryptostream.wire import hop as wire_hop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptostream.wire.hop import DataFrame, Frame

# A worker beats twice a second; six missed beats are a dead one. In s.
LIVENESS = 3.0
# Instructions that may wait for a worker that does not read, in bytes.
_BOUND = 1024 * 1024
# How long (s) a worker may take to read its last instructions.
_CLOSE_WITHIN = 0.1


class Listener(Protocol):
    """Who is told what workers do; every method returns at once."""

    def worker_up(self, hop: Hop, hello: wire_hop.WorkerHello) -> None:
        """Take in a worker that offers itself, perhaps again after a broken connection."""
        ...

    def worker_beat(self, hop: Hop, beat: wire_hop.Beat) -> None:
        """Take what a worker that is alive says of its tickers."""
        ...

    def worker_lost(self, hop: Hop, reason: str) -> None:
        """Give up a worker that is gone."""
        ...

    def hop_gap(self, hop: Hop, missing: int) -> None:
        """Say that so many frames of a worker never came."""
        ...

    def records(self, hop: Hop, frame: DataFrame, now: float) -> None:
        """Take records or reports of one topic; ``now`` is the loop's time in s."""
        ...


class Workers:
    """All workers and their connections; times in seconds on the loop's clock."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._hops = Hops(LIVENESS)
        self._by_socket: dict[HopSocket, Hop] = {}
        self._socket_of: dict[str, HopSocket] = {}
        self._sockets: set[HopSocket] = set()
        # Connections whose worker has left or was given up: its last words change nothing.
        self._left: set[HopSocket] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.get_running_loop()
        self.refused = 0

    # -- life ---------------------------------------------------------------------------

    async def listen(self, place: Path) -> None:
        """Bind the socket; only this user may connect.

        Raises:
            StartError: it cannot be bound.

        """
        before = os.umask(0o177)
        try:
            # A router that was killed leaves its socket behind; the instance has one router.
            await asyncio.to_thread(place.unlink, missing_ok=True)
            self._server = await self._loop.create_unix_server(self._new_socket, str(place))
        except OSError as error:
            raise StartError(
                f"cannot listen on {place}: {error}",
                code="runtime_dir",
                hint="set runtime_dir to a directory that you may write",
            ) from error
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Close all connections."""
        if self._server is not None:
            self._server.close()
        self._hops = Hops(LIVENESS)
        self._by_socket.clear()
        self._socket_of.clear()
        for socket in tuple(self._sockets):
            await socket.close(_CLOSE_WITHIN)

    def _new_socket(self) -> HopSocket:
        socket = HopSocket(self._on_frames, self._on_lost, _BOUND)
        self._sockets.add(socket)
        return socket

    # -- who is up ----------------------------------------------------------------------

    def all(self) -> list[Hop]:
        """Return all workers."""
        return self._hops.all()

    def named(self, worker: str) -> Hop | None:
        """Return a worker by name."""
        return self._hops.named(worker)

    def drop_silent(self, now: float) -> None:
        """Give up the workers that have not been heard for too long."""
        for hop in self._hops.silent(now):
            socket = self._socket_of.get(hop.worker)
            self._lost(hop, "it stopped beating")
            if socket is not None:
                # If it only slept it connects anew, and says what it still runs.
                socket.cut("it stopped beating")

    def instruct(self, worker: str, instruction: wire_hop.ToWorker) -> None:
        """Send an instruction; a worker that is gone needs none."""
        socket = self._socket_of.get(worker)
        if socket is not None and not socket.send(wire_hop.control_frame(instruction)):
            logger.warning("an instruction to {} was not taken: it does not read", worker)

    # -- what comes in ------------------------------------------------------------------

    def _on_frames(self, socket: HopSocket, frames: Sequence[Frame]) -> None:
        now = self._loop.time()
        try:
            for frame in frames:
                if isinstance(frame, bytes):
                    self._on_control(socket, frame, now)
                else:
                    self._on_data(socket, frame, now)
        except ProtocolError as error:
            self.refused += 1
            logger.warning("a worker's connection is ended: {}", error)
            raise

    def _on_data(self, socket: HopSocket, frame: DataFrame, now: float) -> None:
        hop = self._by_socket.get(socket)
        if hop is None:
            if socket in self._left:
                return
            raise ProtocolError("data from a worker that has not said hello")
        missing = missing_before(hop, frame.number)
        if missing:
            self._listener.hop_gap(hop, missing)
        self._listener.records(hop, frame, now)

    def _on_control(self, socket: HopSocket, body: bytes, now: float) -> None:
        message = wire_hop.decode_from_worker(body)
        if isinstance(message, wire_hop.WorkerHello):
            self._up(socket, message, now)
            return
        hop = self._by_socket.get(socket)
        if hop is None and socket in self._left:
            return
        if hop is None or hop.incarnation != message.incarnation:
            raise ProtocolError(f"{message.worker} has not said hello here")
        if isinstance(message, wire_hop.Goodbye):
            self._lost(hop, message.reason)
            return
        hop.heard = now
        hop.detail = message.detail
        missing = missing_before(hop, message.sent + 1)
        hop.number = message.sent
        if missing:
            self._listener.hop_gap(hop, missing)
        self._listener.worker_beat(hop, message)

    def _up(self, socket: HopSocket, hello: wire_hop.WorkerHello, now: float) -> None:
        known = self._hops.named(hello.worker)
        if known is not None:
            self._lost(known, "it was replaced")
        logger.info("{} is up (pid {}, room for {})", hello.worker, hello.pid, hello.capacity)
        hop = Hop(
            hello.worker,
            hello.incarnation,
            hello.source,
            hello.pid,
            now,
            number=hello.sent,
        )
        self._hops.up(hop)
        self._by_socket[socket] = hop
        self._socket_of[hop.worker] = socket
        socket.send(wire_hop.control_frame(wire_hop.Confirmed(incarnation=hop.incarnation)))
        self._listener.worker_up(hop, hello)

    def _on_lost(self, socket: HopSocket, why: str) -> None:
        hop = self._by_socket.get(socket)
        if hop is not None:
            self._lost(hop, why)
        self._sockets.discard(socket)
        self._left.discard(socket)

    def _lost(self, hop: Hop, reason: str) -> None:
        socket = self._socket_of.pop(hop.worker, None)
        if socket is None:
            return
        del self._by_socket[socket]
        self._left.add(socket)
        logger.warning("{} is gone: {}", hop.worker, reason)
        self._hops.down(hop.worker)
        self._listener.worker_lost(hop, reason)
