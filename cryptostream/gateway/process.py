"""What runs in the gateway's process."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from cryptostream.client import aio
from cryptostream.gateway import token_file
from cryptostream.gateway.app import GatewayApp
from cryptostream.gateway.closing import Close
from cryptostream.gateway.delivery import Counters, Delivery
from cryptostream.gateway.descriptors import make_room
from cryptostream.gateway.doorkeeper import Doorkeeper
from cryptostream.gateway.hub import Hub
from cryptostream.gateway.listener import Listener, started
from cryptostream.gateway.services import Services
from cryptostream.gateway.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cryptostream.config.settings import Config
    from supervisors.child import Child

# Records that wait while all viewers are served: two seconds at the highest rate measured.
_INBOX = 100_000
_START_WITHIN = 10.0
# Viewers that come back with their cursors find the router, or hear that it is away (s).
_ROUTER_WITHIN = 3.0
# After the close codes have been queued they get so long (s) to leave.
_LAST_WORDS = 0.2


async def main(child: Child, config: Config) -> None:
    """Run the gateway as a supervised child until it is asked to stop."""
    async with serving(config) as services:
        child.ready()
        await child.stopping.wait()
        services.end_all(Close.SHUTDOWN)
        await asyncio.sleep(_LAST_WORDS)


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[Services]:
    """Run a gateway; what fails in it is raised in whoever uses it.

    Raises:
        StartError: the address is in use.
        ConfigError: tokens are needed and there are none.

    """
    make_room(config.gateway.max_viewers)
    hub, counters = Hub(config.gateway.ring), Counters()
    delivery = Delivery(hub, counters, config.gateway.heartbeat)
    path = token_file.place_of(config.gateway.tokens_file, os.environ)
    doorkeeper = Doorkeeper(config.gateway, hub, path)
    await doorkeeper.open()
    router = config.router
    client = aio.connect(router.control, router.data, agent="cryptostream-gateway", inbox=_INBOX)
    async with client:
        upstream = Upstream(hub, delivery, client)
        services = Services(config, hub, upstream, delivery, doorkeeper, counters)
        listener = Listener(GatewayApp(services), config.gateway)
        with listener.bind() as listening:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(upstream.run(), name="upstream"),
                    tasks.create_task(doorkeeper.watch(), name="tokens"),
                ]
                # Connections wait in the socket's queue meanwhile: served before that, all who
                # come back after a restart would be told that what they missed is not to be had.
                await upstream.first_word(_ROUTER_WITHIN)
                serving_ = tasks.create_task(listener.run_on(listening), name="listener")
                try:
                    await started(listener, _START_WITHIN)
                    yield services
                finally:
                    listener.should_exit = True
                    await serving_
                    for task in running:
                        task.cancel()
                    await upstream.close()
