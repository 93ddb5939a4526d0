"""`cryptostream history`: the newest ticks that the daemon still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cryptostream.cli.exits import Exit
from cryptostream.cli.lines import as_json as to_json
from cryptostream.cli.lines import line_of
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run

if TYPE_CHECKING:
    from cryptostream.records import Record


@click.command()
@click.argument("ticker")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--kind", type=click.Choice(["tick", "trade", "status"]), default="tick")
@json_option
@pass_setup
def history(setup: Setup, ticker: str, limit: int, kind: str, as_json: bool) -> int:  # noqa: FBT001
    """Print the newest records of TICKER from the daemon's ring, oldest first."""
    config = setup.load().config

    async def work() -> list[Record]:
        async with connected(config) as cs:
            return await cs.history(ticker, limit, kind)

    for record in run(work()):
        print(to_json(record) if as_json else line_of(record))
    return Exit.OK
