"""The gateway's process: ready, and gone soon after it is asked to go."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from cryptostream.errors import ConfigError, StartError
from cryptostream.gateway.closing import Close
from cryptostream.gateway.process import main, serving
from supervisors.child import LocalChild
from tests.gateway.conftest import World, gateway_config
from tests.local_market import local_market, until


async def test_it_ends_within_two_seconds_with_viewers_connected(free_ports, tmp_path):
    config = gateway_config(free_ports(3), tmp_path)
    ready = asyncio.Event()
    child = LocalChild("gateway", on_ready=ready.set)
    async with local_market(config) as market, asyncio.timeout(20):
        running = asyncio.create_task(main(child, config))
        await ready.wait()
        async with World(market, None, config).viewer() as viewer:
            await viewer.ask("subscribe", tickers=["BTCUSDT"])
            begin = time.monotonic()
            child.stopping.set()
            assert await viewer.closed() == Close.SHUTDOWN
            await running
            assert time.monotonic() - begin < 2.0


async def test_who_comes_before_the_router_is_heard_waits_and_is_served(free_ports, tmp_path):
    config = gateway_config(free_ports(3), tmp_path)
    child = LocalChild("gateway")
    running = asyncio.create_task(main(child, config))

    async def visit() -> dict[str, object]:
        async with World(None, None, config).viewer() as viewer:
            return await viewer.ask("subscribe", tickers=["BTCUSDT", "NOSUCH"])

    async with asyncio.timeout(20):
        await until(lambda: listens(config.gateway.port))
        visiting = asyncio.create_task(visit())
        await asyncio.wait({visiting}, timeout=0.2)
        assert not visiting.done()
        async with local_market(config):
            found, unknown = (await visiting)["results"]
            child.stopping.set()
            await running
    assert found == {"ticker": "BTCUSDT", "ok": True, "symbol": "BINANCE:BTCUSDT"}
    assert unknown["error"]["code"] == "unknown_symbol"


def listens(port: int) -> bool:
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port)) == 0


async def test_an_address_in_use_and_missing_tokens_are_errors_of_ours(free_ports, tmp_path):
    config = gateway_config(free_ports(3), tmp_path)
    async with serving(config):
        with pytest.raises(StartError, match="cannot listen") as error:
            async with serving(config):
                pass
        assert error.value.code == "port_in_use"
    with pytest.raises(ConfigError, match="need tokens"):
        async with serving(gateway_config(free_ports(3), tmp_path, auth="token")):
            pass
