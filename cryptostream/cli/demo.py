"""`cryptostream demo`: the whole system offline, from a simulated market to the terminal."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cryptostream.app.daemon import simulated_overrides
from cryptostream.app.root import Root
from cryptostream.cli.following import Limits, choose_view, follow, following_options
from cryptostream.cli.foreground import foreground
from cryptostream.cli.setting import Setup, connected, pass_setup, run
from supervisors.events import Event, What

if TYPE_CHECKING:
    from cryptostream.cli.exits import Exit
    from cryptostream.cli.views import View
    from cryptostream.config import Config

TICKERS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT", "SHIBUSDT", "ETHBTC")


@click.command()
@following_options
@pass_setup
def demo(
    setup: Setup,
    tickers: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    events: bool,  # noqa: FBT001
    count: int | None,
    seconds: float | None,
) -> int:
    """Show the whole system offline: simulated pages in a real browser, live prices here.

    Without TICKERS a few well-known ones. While it runs, every other command works against it
    from another terminal. Ctrl-C ends it.
    """
    config = demo_config(setup)
    # Log lines would tear the table apart: they go to a file, with --verbose to the terminal.
    usual = Path(tempfile.gettempdir()) / "cryptostream-demo.log"
    log = Path(config.logs.file) if config.logs.file else usual
    setup.start_logging(config, None if setup.verbose else log)
    view = choose_view(as_json=as_json, everything=events)
    try:
        limits = Limits(count, seconds)
        return int(run(_show(config, tickers or TICKERS, view, limits)))
    finally:
        view.close()


def demo_config(setup: Setup) -> Config:
    """Return settings that point the daemon at its own simulated market."""
    base = setup.load({"instance": "demo"}).config
    return setup.load({"instance": "demo", **simulated_overrides(base)}).config


async def _show(config: Config, tickers: tuple[str, ...], view: View, limits: Limits) -> Exit:
    def tell(event: Event) -> None:
        if event.what is What.STARTING:
            view.progress(f"starting {_NAMES.get(event.child, event.child)}")

    root = Root(config, tell)

    async def work() -> Exit:
        if config.gateway.enabled:
            view.hint(f"dashboard: http://{config.gateway.host}:{config.gateway.port}/")
        async with connected(config) as cs:
            return await follow(cs, tickers, view, limits)

    view.progress("starting the daemon")
    return await foreground(root, work)


_NAMES = {
    "sim": "the simulated market",
    "router": "the router",
    "feeds": "the feeds",
    "browser-0": "a browser",
    "gateway": "the gateway",
}
