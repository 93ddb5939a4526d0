"""The JavaScript client knows the protocol document only, and receives what ours does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import pytest
import zmq

from tests.integration.conftest import eventually
from tests.relay import relay_in_a_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.conftest import Market

EXAMPLE = Path(__file__).parents[2] / "examples" / "javascript"
NODE_LEAST = 20
# A package index far away, or a busy machine (s).
INSTALL_WITHIN = 60
TICKERS = ("BTCUSDT", "ETHUSDT")
# Ticks of each ticker and epoch that both clients have to see.
ENOUGH = 60
# How long a client may take to end (s).
GRACE = 20
# Every so many ticks one is dropped on its way to the JavaScript client.
DROPPED = 5


def refuse(reason: str) -> NoReturn:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node() -> str:
    """Return Node.js, if it is new enough."""
    found = shutil.which("node")
    if found is None:
        refuse(f"Node.js is missing: install version {NODE_LEAST} or newer")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.lstrip("v").partition(".")[0]) < NODE_LEAST:
        refuse(f"Node.js {version.stdout.strip()} is too old: install {NODE_LEAST} or newer")
    return found


@pytest.fixture(scope="module")
def installed(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example with what it needs installed."""
    npm = shutil.which("npm")
    if npm is None:
        refuse("npm is missing: install it beside Node.js")
    place = tmp_path_factory.mktemp("javascript") / "example"
    shutil.copytree(EXAMPLE, place, ignore=shutil.ignore_patterns("node_modules", "*.lock"))
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        refuse(f"npm install took longer than {INSTALL_WITHIN} s: is its registry reachable?")
    if done.returncode != 0:
        refuse(f"npm install failed, is its registry reachable? {done.stderr[-500:]}")
    return place


@contextmanager
def lossy(address: str) -> Iterator[str]:
    """Pass the data socket on at another address, with some of its ticks dropped."""
    over = threading.Event()
    with zmq.Context() as context, context.socket(zmq.XPUB) as front:
        port = front.bind_to_random_port("tcp://127.0.0.1")
        front.linger = 0
        back = context.socket(zmq.XSUB)
        back.linger = 0
        back.connect(address)
        thread = threading.Thread(target=_pass_on, args=(front, back, over))
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{port}"
        finally:
            over.set()
            thread.join(5.0)
            back.close()


def _pass_on(front: zmq.Socket[bytes], back: zmq.Socket[bytes], over: threading.Event) -> None:
    poller = zmq.Poller()
    poller.register(front, zmq.POLLIN)
    poller.register(back, zmq.POLLIN)
    ticks = 0
    while not over.is_set():
        ready = dict(poller.poll(100))
        if front in ready:
            back.send(front.recv())
        if back in ready:
            frames = back.recv_multipart()
            ticks += frames[0].startswith(b"tick/")
            if not frames[0].startswith(b"tick/") or ticks % DROPPED:
                front.send_multipart(frames)


class Watching:
    """A program that prints one JSON object per tick, until it is asked to end."""

    def __init__(self, log: Path, *command: object) -> None:
        self._log = log
        with log.open("w", encoding="utf-8") as said:
            self._child = subprocess.Popen(
                [str(word) for word in command], stdout=subprocess.PIPE, stderr=said, text=True
            )
        self.ticks: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.ticks.append(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to end, as Ctrl-C does."""
        with self._child:
            self._child.send_signal(signal.SIGINT)
            try:
                self._child.wait(GRACE)
            finally:
                self._child.kill()
                self._reader.join(GRACE)

    @property
    def status(self) -> int | None:
        return self._child.returncode

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def has_enough(self, epochs: int) -> bool:
        """Whether the newest of so many epochs has brought enough ticks of each ticker."""
        streams = positions(list(self.ticks))
        return len(streams) == epochs * len(TICKERS) and all(
            len(stream) >= ENOUGH for stream in streams.values()
        )


def positions(ticks: list[dict[str, Any]]) -> dict[tuple[str, int], dict[int, str]]:
    """Return {(symbol, epoch): {seq: last}}; no position may come twice."""
    found: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    for tick in ticks:
        line = found[tick["symbol"], tick["epoch"]]
        assert tick["seq"] not in line
        line[tick["seq"]] = tick["last"]
    return found


@pytest.mark.timeout(120)
def test_its_rules_for_one_topic_hold(node: str) -> None:
    done = subprocess.run(
        [node, "--test"], cwd=EXAMPLE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("no_orphans")
def test_it_receives_what_ours_receives_though_messages_are_lost_and_the_router_is_killed(
    start: Callable[..., Market], node: str, installed: Path, tmp_path: Path
) -> None:
    market = start(sim__rate=20.0)
    control, data = market.daemon.control, market.daemon.data
    with (
        lossy(data) as lossy_data,
        Watching(
            tmp_path / "theirs",
            *(node, installed / "watch.mjs", "--control", control, "--data", lossy_data),
            *TICKERS,
        ) as theirs,
        Watching(
            tmp_path / "ours",
            *(sys.executable, "-m", "cryptostream", "--set", f"router.control={control}"),
            *("--set", f"router.data={data}", "watch", "--json", *TICKERS),
        ) as ours,
    ):
        eventually(lambda: theirs.has_enough(1) and ours.has_enough(1))
        market.kill("router")
        eventually(lambda: theirs.has_enough(2) and ours.has_enough(2))

    assert [theirs.status, ours.status] == [0, 0]
    both = [positions(theirs.ticks), positions(ours.ticks)]
    assert both[0].keys() == both[1].keys()
    for stream, their in both[0].items():
        our = both[1][stream]
        overlap = range(max(min(their), min(our)), min(max(their), max(our)) + 1)
        assert len(overlap) > ENOUGH / 2
        assert {seq: their.get(seq) for seq in overlap} == {seq: our.get(seq) for seq in overlap}
        assert all(after == before + 1 for before, after in pairwise(sorted(their)))
    gaps = [json.loads(line) for line in theirs.said.splitlines() if '"kind":"gap"' in line]
    assert {gap["reason"] for gap in gaps} == {"new_epoch"}


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.usefixtures("no_orphans")
@pytest.mark.parametrize(("dead", "noticed"), [("data", "published"), ("control", "answered")])
def test_a_socket_of_it_that_dies_alone_is_noticed_and_nothing_is_lost(
    start: Callable[..., Market],
    node: str,
    installed: Path,
    tmp_path: Path,
    dead: str,
    noticed: str,
) -> None:
    daemon = start(sim__rate=20.0).daemon
    ports = {name: int(getattr(daemon, name).rpartition(":")[2]) for name in ("control", "data")}
    with (
        relay_in_a_thread(ports["control"]) as control,
        relay_in_a_thread(ports["data"]) as data,
        Watching(
            tmp_path / "theirs",
            *(node, installed / "watch.mjs", "--control", f"tcp://127.0.0.1:{control.port}"),
            *("--data", f"tcp://127.0.0.1:{data.port}", *TICKERS),
        ) as theirs,
    ):
        eventually(lambda: theirs.has_enough(1))
        {"control": control, "data": data}[dead].deafen()
        eventually(lambda: "disconnected" in theirs.said)
        before = len(theirs.ticks)
        eventually(lambda: len(theirs.ticks) > before + ENOUGH)

    assert noticed in theirs.said
    assert '"kind":"gap"' not in theirs.said
    for stream in positions(theirs.ticks).values():
        assert all(after == one + 1 for one, after in pairwise(sorted(stream)))


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.usefixtures("no_orphans")
def test_it_names_a_ticker_that_does_not_exist(
    start: Callable[..., Market], node: str, installed: Path
) -> None:
    daemon = start().daemon
    done = subprocess.run(
        [node, installed / "watch.mjs", "--control", daemon.control, "--data", daemon.data,
         "--seconds", "20", "BTCUSTD"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert '"code":"unknown_symbol"' in done.stderr
    assert "BINANCE:BTCUSDT" in done.stderr
