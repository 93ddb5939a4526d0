"""`cryptostream watch`: prices as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cryptostream.cli.following import Limits, choose_view, follow, following_options
from cryptostream.cli.setting import Setup, connected, pass_setup, run

if TYPE_CHECKING:
    from cryptostream.cli.exits import Exit


@click.command()
@following_options
@pass_setup
def watch(
    setup: Setup,
    tickers: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    events: bool,  # noqa: FBT001
    count: int | None,
    seconds: float | None,
) -> int:
    """Show TICKERS live; without any, those that `add` keeps open.

    At a terminal a table; into a pipe one line a tick, with --json one object a line.
    """
    config = setup.load().config

    async def work() -> Exit:
        async with connected(config) as cs:
            view = choose_view(as_json=as_json, everything=events)
            try:
                return await follow(cs, tickers, view, Limits(count, seconds))
            finally:
                view.close()

    return int(run(work()))
