"""`cryptostream why`: each hop of a ticker's way, with its state."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.lines import answer_json
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run


@click.command()
@click.argument("ticker")
@json_option
@pass_setup
def why(setup: Setup, ticker: str, as_json: bool) -> int:  # noqa: FBT001
    """Tell why TICKER ticks, or why it does not."""
    config = setup.load().config

    async def work() -> dict[str, Any]:
        async with connected(config) as cs:
            return await cs.why(ticker)

    answer = run(work())
    if as_json:
        print(answer_json(answer))
        return Exit.OK
    table = Table(title=answer["symbol"], title_justify="left")
    for name in ("Hop", "State", "Why"):
        table.add_column(name)
    for hop in answer["chain"]:
        table.add_row(str(hop["hop"]), str(hop["state"]), str(hop["text"]))
    Console().print(table)
    return Exit.OK
