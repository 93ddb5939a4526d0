"""What runs in each process of the tree: one function a process, named by ``tree``.

Each loads only what its own process needs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from cryptostream import logs
from cryptostream.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervisors.child import Child


def _set_up(config: Mapping[str, object], process: str) -> Config:
    known = Config.from_dict(config)
    # Lines go to this process's own stderr; the root reads them and alone writes the file.
    logs.configure(known.logs.level, known.logs.format, process=process)
    return known


async def router(child: Child, config: Mapping[str, object]) -> None:
    """Run the router with its symbol directory."""
    from cryptostream.router import process  # noqa: PLC0415
    from cryptostream.sources.directory.keeper import ListingDirectory  # noqa: PLC0415
    from cryptostream.sources.kinds import kinds  # noqa: PLC0415
    from cryptostream.sources.order import checked_order  # noqa: PLC0415

    known = _set_up(config, "router")
    async with ListingDirectory(known.directory) as directory:
        installed = await asyncio.to_thread(kinds)
        facts = {name: kind.facts() for name, kind in installed.items()}
        await process.main(child, known, directory, facts, checked_order(known, installed))


async def feeds(child: Child, config: Mapping[str, object]) -> None:
    """Run the sources that need no browser."""
    from cryptostream.sources import feeds as source  # noqa: PLC0415

    await source.main(child, _set_up(config, "feeds"))


async def gateway(child: Child, config: Mapping[str, object]) -> None:
    """Serve browsers and services."""
    from cryptostream.gateway.process import main  # noqa: PLC0415

    await main(child, _set_up(config, "gateway"))


async def browser(child: Child, config: Mapping[str, object]) -> None:
    """Run one browser with its pages."""
    from cryptostream.sources.tradingview import browser as source  # noqa: PLC0415

    name = child.name.rpartition("/")[2]
    await source.main(child, _set_up(config, name))


async def sim(child: Child, config: Mapping[str, object]) -> None:
    """Run the simulated market."""
    from cryptostream.sim.server import SimServer  # noqa: PLC0415
    from cryptostream.sim.settings import SimSettings  # noqa: PLC0415

    known = _set_up(config, "sim").sim
    settings = msgspec.convert(
        {
            "host": known.host,
            "port": known.port,
            "seed": known.seed,
            "rate": known.rate,
            "market": known.market,
            "generation": known.generation,
            "speed": known.speed,
            "heavy": known.heavy,
        },
        SimSettings,
    )
    async with SimServer(settings):
        child.ready()
        await child.stopping.wait()
