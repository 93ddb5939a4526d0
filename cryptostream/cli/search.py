"""`cryptostream search`: names of tickers."""

from __future__ import annotations

import json

import click

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run


@click.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
@pass_setup
def search(setup: Setup, text: str, limit: int, as_json: bool) -> int:  # noqa: FBT001
    """List symbols that contain or resemble TEXT."""
    config = setup.load().config

    async def work() -> list[str]:
        async with connected(config) as cs:
            return await cs.search(text, limit)

    found: list[str] = run(work())
    if as_json:
        print(json.dumps(found))
    elif found:
        print("\n".join(found))
    else:
        click.echo(f"nothing is like {text}: is the listing there? cryptostream status", err=True)
    return Exit.OK if found else Exit.UNKNOWN_TICKER
