"""The router process: the sockets around tape, registry, desk and acquisition."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

import msgspec
import zmq
from loguru import logger
from msgspec.structs import replace

from cryptostream.errors import StartError
from cryptostream.process_tree import read_tree
from cryptostream.records import DataState, Phase
from cryptostream.router.desk import Desk
from cryptostream.router.instructions import (
    ClosePage,
    ForgetValues,
    Grow,
    OpenPage,
    Publish,
    Switched,
    Worker,
)
from cryptostream.router.intentions import Intention, IntentionFile
from cryptostream.router.publisher import Publisher
from cryptostream.router.reception import Reception
from cryptostream.router.registry import Registry
from cryptostream.router.tape import Tape
from cryptostream.router.workers import Workers
from cryptostream.sockets import DrainedReader, send_now
from cryptostream.wire import hop as wire_hop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cryptostream.config.settings import Config
    from cryptostream.router.acquisition import Acquisition
    from cryptostream.router.hop import Hop
    from cryptostream.router.instructions import Instruction
    from cryptostream.symbols import Directory
    from cryptostream.wire.frames import Message

# Bigger than any message we accept: what is between is answered with a code, what is beyond
# would only fill the memory and is cut by the socket itself.
HARD_MESSAGE_LIMIT = 64 * 1024 * 1024
_REPORT = b"report/"
# How often the actor looks at its clocks, in seconds.
LOOK = 0.05


class RouterActor:
    """Owns the sockets that clients and workers see; runs in the loop of its process."""

    def __init__(
        self,
        config: Config,
        acquisition: Acquisition,
        directory: Directory,
        report: Callable[[dict[str, Any]], None],
        sources: Sequence[Mapping[str, object]] = (),
    ) -> None:
        self._config = config
        self._report = report
        self._sources = sources
        self._started = time.monotonic()
        self.tape = Tape(time.time_ns() // 1_000_000, config.router.ring)
        self._registry = Registry(
            lease=config.router.lease,
            linger=config.router.linger,
            max_lease=config.router.max_lease,
            max_clients=config.router.max_clients,
            max_tickers=config.router.max_tickers_per_client,
        )
        self._acquisition = acquisition
        self._publisher = Publisher(self.tape, self._send, directory)
        self._desk = Desk(
            config,
            self._registry,
            self.tape,
            acquisition,
            self._publisher.switches,
            directory,
            self._describe,
            self._sync,
            self._retry,
        )
        self._workers = Workers(self)
        self._wanted: set[str] = set()
        self._refused = 0
        self._beat_at = 0.0
        # Set by a request that may have changed what has to be kept.
        self._asked = asyncio.Event()
        place = config.runtime_path() / f"{config.instance}-intentions"
        self._intentions = IntentionFile(place)
        self._reception = Reception(config.router, self._desk)
        self._context = zmq.Context()
        self._readers: list[DrainedReader] = []

    # -- life ---------------------------------------------------------------------------

    async def open(self) -> None:
        """Bind all sockets.

        Raises:
            StartError: an address is in use.

        """
        router = self._config.router
        self._data = self._context.socket(zmq.XPUB)
        self._data.sndhwm = router.data_hwm
        self._control = self._context.socket(zmq.ROUTER)
        self._control.maxmsgsize = HARD_MESSAGE_LIMIT
        self._control.router_mandatory = True
        for socket, address in (
            (self._data, router.data),
            (self._control, router.control),
        ):
            socket.linger = 0
            _bind(socket, address)
        await self._workers.listen(self._config.socket_path("workers"))
        # Last: nobody is answered before what a former router kept has been restored.
        self._readers = [
            DrainedReader(self._control, self._on_control),
            # Subscription events are a hint of demand at most: read, so that they do not pile
            # up, and dropped.
            DrainedReader(self._data, lambda _frames: None),
        ]

    def restore(self) -> None:
        """Take up the wishes that a former router kept."""
        now, now_ns = time.monotonic(), time.time_ns()
        for one in self._intentions.read(now_ns):
            until = now + (one.until_ns - now_ns) / 1e9
            self._registry.restore(one.client_id, one.lease, until, one.symbols)
        self._sync(now, now_ns)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look at the clocks until asked to stop."""
        while not stopping.is_set():
            self._asked.clear()
            self._look()
            await self._keep_wishes()
            try:
                async with asyncio.timeout(LOOK):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Close all sockets; what was not sent is dropped."""
        await self._workers.close()
        for reader in self._readers:
            reader.close()
        self._context.destroy(linger=0)

    # -- clocks -------------------------------------------------------------------------

    def _look(self) -> None:
        now, now_ns = time.monotonic(), time.time_ns()
        for client in self._registry.expire(now):
            logger.info("client {} left: its lease ended", client.client_id)
        self._workers.drop_silent(now)
        self._sync(now, now_ns)
        self._act(self._acquisition.clock(now, now_ns))
        if now - self._beat_at >= self._config.router.heartbeat:
            self._beat_at = now
            self._beat(now_ns)
            self._reception.forget_idle(now)

    def _beat(self, now_ns: int) -> None:
        send_now(self._data, self.tape.heartbeat(now_ns))
        after = int(self._config.router.heartbeat * 1e9)
        for message in self.tape.silent(now_ns, after):
            send_now(self._data, message)
        # Sending may have eaten the edge of a subscription event.
        self._readers[-1].kick()

    def _sync(self, now: float, now_ns: int) -> None:
        wanted = self._registry.wanted(now)
        if wanted != self._wanted:
            self._wanted = wanted
            self._act(self._acquisition.want(wanted, now, now_ns))

    def _retry(self, symbol: str, now: float, now_ns: int) -> None:
        self._act(self._acquisition.retry(symbol, now, now_ns))

    async def _keep_wishes(self) -> None:
        now, now_ns = time.monotonic(), time.time_ns()
        wishes = [
            Intention(
                client.client_id,
                client.lease,
                now_ns + int((client.lease_until - now) * 1e9),
                tuple(sorted(client.desired)),
            )
            for client in self._registry.keeping()
        ]
        if self._intentions.differ(wishes):
            await asyncio.to_thread(self._intentions.write, wishes)

    # -- workers ------------------------------------------------------------------------

    def records(self, hop: Hop, frame: wire_hop.DataFrame, now: float) -> None:
        """Publish records, or hear what a worker reports of its tickers."""
        if not frame.topic.startswith(_REPORT):
            self._publisher.records(hop.incarnation, frame)
            return
        now_ns = time.time_ns()
        for report in wire_hop.decode_reports(frame.payload):
            self._act(self._acquisition.report(hop.source, hop.worker, report, now, now_ns))

    def hop_gap(self, hop: Hop, missing: int) -> None:
        """Say of everything that this worker carries that something of it may be missing."""
        logger.warning("{} messages of {} were lost on the inner hop", missing, hop.worker)
        text = f"{missing} messages of {hop.worker} were lost inside the daemon"
        for line in self._acquisition.lines():
            leg = self._acquisition.leg(line.symbol, line.active)
            if leg is None or leg.worker != hop.worker or line.status.phase is not Phase.LIVE:
                continue
            doubt = {"data": DataState.SUSPECT, "code": "gap", "text": text}
            self._publisher.status(replace(line.status, ts=time.time_ns(), **doubt))
            # The next tick of the ticker is whole again: the doubt is about what is held.
            self._publisher.status(line.status)

    def worker_up(self, hop: Hop, hello: wire_hop.WorkerHello) -> None:
        """Take a worker in, with what it already runs."""
        now, now_ns = time.monotonic(), time.time_ns()
        for report in hello.reports:
            self._registry.linger(report.symbol, now)
        self._sync(now, now_ns)
        worker = Worker(hop.worker, hop.incarnation, hop.source, hello.capacity, hello.opening)
        self._act(self._acquisition.worker_up(worker, hello.reports, now, now_ns))
        for report in hello.reports:
            self._name_writers(report.symbol)

    def worker_beat(self, hop: Hop, beat: wire_hop.Beat) -> None:
        """Compare what a worker runs with what it should run."""
        now, now_ns = time.monotonic(), time.time_ns()
        self._act(self._acquisition.beat(hop.source, hop.worker, beat.reports, now, now_ns))

    def worker_lost(self, hop: Hop, reason: str) -> None:
        """Let what a worker ran run elsewhere."""
        now, now_ns = time.monotonic(), time.time_ns()
        lost = self._acquisition.worker_lost(hop.source, hop.worker, reason, now, now_ns)
        for line in self._acquisition.lines():
            if hop.source in line.legs:
                self._name_writers(line.symbol)
        self._act(lost)

    # -- instructions -------------------------------------------------------------------

    def _act(self, instructions: Iterable[Instruction]) -> None:
        for instruction in instructions:
            match instruction:
                case OpenPage(worker, symbol, generation):
                    self._name_writers(symbol)
                    opening = wire_hop.Open(symbol=symbol, generation=generation)
                    self._workers.instruct(worker, opening)
                case ClosePage(worker, symbol, generation):
                    self._name_writers(symbol)
                    closing = wire_hop.Close(symbol=symbol, generation=generation)
                    self._workers.instruct(worker, closing)
                case Publish(status):
                    self._publisher.status(status)
                case Switched(symbol):
                    self._publisher.switched(instruction, *self._acquisition.writers(symbol))
                case ForgetValues(symbol):
                    self._publisher.forget(symbol)
                case Grow(workers):
                    logger.debug("{} browsers are needed", workers)
                    self._report({"browsers": workers})

    def _name_writers(self, symbol: str) -> None:
        self._publisher.writers(symbol, *self._acquisition.writers(symbol))

    def _send(self, message: Message) -> None:
        send_now(self._data, message)

    # -- control ------------------------------------------------------------------------

    def _on_control(self, frames: list[bytes]) -> None:
        route = frames[0]
        # A REQ socket puts an empty frame before its body and wants one back.
        envelope = [route, b""] if frames[1:2] == [b""] else [route]
        body = frames[len(envelope) :]
        now, now_ns = time.monotonic(), time.time_ns()
        reply = self._reception.reply(route, body, now, now_ns)
        self._sync(now, now_ns)
        if self._registry.keeping():
            self._asked.set()
        try:
            sent = send_now(self._control, [*envelope, reply])
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            sent = True  # the asker is gone: nobody misses the answer
        if not sent:
            self._refused += 1
        self._readers[0].kick()

    def _describe(self) -> dict[str, Any]:
        now = time.monotonic()
        return {
            "epoch": self.tape.epoch,
            "pid": os.getpid(),
            "uptime": round(now - self._started, 3),
            "simulated": self._config.sim.enabled,
            "tape": {
                "topics": len(self.tape),
                "messages": self.tape.messages,
                "records": self.tape.records,
                "unowned": self._publisher.unowned,
                "refused": self._refused + self._workers.refused + self._reception.refused,
            },
            "sources": list(self._sources),
            "restarts": self._acquisition.restarts,
            **self._processes(),
            "workers": [
                {
                    "worker": hop.worker,
                    "source": hop.source,
                    "pid": hop.pid,
                    "lost": hop.lost,
                    "heard": round(now - hop.heard, 3),
                    **hop.detail,
                }
                for hop in self._workers.all()
            ],
        }

    def _processes(self) -> dict[str, Any]:
        """Return what the root has noted; nothing where there is no root, as under a test."""
        tree = read_tree(self._config.tree_path())
        if tree is None:
            return {"processes": [], "faults": []}
        return {
            "processes": msgspec.to_builtins(tree.processes),
            "faults": msgspec.to_builtins(tree.faults),
        }


def _bind(socket: zmq.Socket[bytes], address: str) -> None:
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        hint = "is a daemon running already? end it, or choose another address in [router]"
        raise StartError(
            f"cannot listen on {address}: {error.strerror}", code="port_in_use", hint=hint
        ) from error
