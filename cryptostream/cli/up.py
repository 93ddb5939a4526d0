"""`cryptostream up`: the daemon in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from loguru import logger

from cryptostream.app.daemon import simulated_overrides
from cryptostream.app.root import Root
from cryptostream.cli.exits import Exit
from cryptostream.cli.foreground import foreground
from cryptostream.cli.setting import Setup, pass_setup, run

if TYPE_CHECKING:
    from cryptostream.config import Config

TERMS = (
    "reading TradingView pages by program is against TradingView's terms of use; "
    "see the README, and sources that permit it"
)


@click.command()
@click.option("--sim", is_flag=True, help="Run on the simulated market instead of the world.")
@pass_setup
def up(setup: Setup, sim: bool) -> int:  # noqa: FBT001
    """Run the daemon in the foreground until Ctrl-C or SIGTERM."""
    config = setup.load().config
    if sim:
        config = setup.load(simulated_overrides(config)).config
    setup.start_logging(config, Path(config.logs.file) if config.logs.file else None)
    return int(run(_serve(config)))


async def _serve(config: Config) -> Exit:
    root = Root(config)

    async def announce() -> Exit:
        logger.bind(event="daemon.up").info(
            "serving: control {}, data {}", config.router.control, config.router.data
        )
        if config.gateway.enabled:
            gateway = config.gateway
            logger.info("dashboard: http://{}:{}/", gateway.host, gateway.port)
        if not config.sim.enabled:
            logger.warning(TERMS)
        await root.run()
        return Exit.OK

    return await foreground(root, announce)
