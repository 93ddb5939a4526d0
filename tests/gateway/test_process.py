"""The gateway's process: ready, and gone soon after it is asked to go."""

from __future__ import annotations

import asyncio
import time

import pytest

from cryptostream.errors import ConfigError, StartError
from cryptostream.gateway.closing import Close
from cryptostream.gateway.process import main, serving
from supervisors.child import LocalChild
from tests.gateway.conftest import World, gateway_config
from tests.local_market import local_market


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
