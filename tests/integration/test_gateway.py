"""The gateway inside a whole daemon: killed, stopped with viewers, shared pages."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.conftest import PATIENCE, answered, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Market

BTC = "BINANCE:BTCUSDT"
# Everything ends within 5 s when it is asked to; a busy machine gets a little more.
STOPPED_WITHIN = 8.0

pytestmark = pytest.mark.browser


@pytest.fixture
def market(start: Callable[..., Market], free_ports: Callable[[int], list[int]]) -> Market:
    return start(gateway__enabled=True, gateway__port=free_ports(1)[0])


def url(market: Market, path: str, scheme: str = "http") -> str:
    gateway = market.daemon.config.gateway
    return f"{scheme}://{gateway.host}:{gateway.port}{path}"


def viewer(market: Market) -> ClientConnection:
    return connect(url(market, "/v1/stream", "ws"), open_timeout=PATIENCE)


def say(socket: ClientConnection, **request: Any) -> None:
    socket.send(json.dumps(request))


def ticks_of(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """Return the next ticks, within the deadline."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < count:
        message = json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic())))
        found += [one for one in message.get("records", ()) if one["k"] == "tick"]
    return found


def until_closed(socket: ClientConnection, seen: list[dict[str, Any]]) -> ConnectionClosed:
    """Take ticks until the connection ends; return how it ended."""
    while True:
        try:
            seen += ticks_of(socket, 1)
        except ConnectionClosed as closed:
            return closed


def test_a_viewer_of_a_killed_gateway_comes_back_to_its_place(market: Market) -> None:
    with viewer(market) as socket:
        say(socket, op="subscribe", id=1, tickers=["BTCUSDT"])
        seen = ticks_of(socket, 5)
        market.kill("gateway")
        until_closed(socket, seen)
    last = seen[-1]

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(url(market, "/healthz"), timeout=2) as response:  # noqa: S310
                return response.status == 200
        except OSError:
            return False

    eventually(healthy)
    with viewer(market) as socket:
        cursor = {BTC: {"tick": [last["epoch"], last["seq"]]}}
        say(socket, op="subscribe", id=2, tickers=["BTCUSDT"], recover=cursor)
        again = ticks_of(socket, 5)
    # The router outlived it: the epoch is the same, and nothing goes back.
    assert {one["epoch"] for one in again} == {last["epoch"]}
    assert all(one["seq"] > last["seq"] or one.get("image") for one in again)
    assert all(one["simulated"] for one in again)


def test_two_viewers_and_a_program_share_one_page(market: Market) -> None:
    with viewer(market) as first, viewer(market) as second, market.client() as cs:
        for socket in (first, second):
            say(socket, op="subscribe", id=1, tickers=["BTCUSDT"])
        cs.subscribe("BTCUSDT")
        assert ticks_of(first, 3)
        assert ticks_of(second, 3)

        def pages() -> list[int | None]:
            workers = answered(cs)["workers"]
            return [one.get("pages") for one in workers if one["source"] == "tradingview"]

        # Its counters come with its next beat.
        eventually(lambda: pages() == [1])
        first.close()
        assert ticks_of(second, 3)


def test_a_daemon_with_open_viewers_stops_in_time(market: Market) -> None:
    with viewer(market) as socket:
        say(socket, op="subscribe", id=1, tickers=["BTCUSDT"])
        ticks_of(socket, 2)
        began = time.monotonic()
        market.daemon.stop()
        assert time.monotonic() - began < STOPPED_WITHIN
        closed = until_closed(socket, [])
    assert closed.rcvd is not None
    # A code that says: come back.
    assert 4000 <= closed.rcvd.code < 4500
