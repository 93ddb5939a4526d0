"""`cryptostream search`: the instruments of the exchanges, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.lines import answer_json
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run
from cryptostream.wire.messages import Search, SearchResult, read_answer

if TYPE_CHECKING:
    from cryptostream.symbols import Listed

_COLUMNS = ("Symbol", "Base", "Quote", "Status", "Tick size", "Decimals", "Listing")


@click.command()
@click.argument("text")
@click.option("--exchange", default="", metavar="NAME", help="Look at this exchange alone.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
@pass_setup
def search(setup: Setup, text: str, exchange: str, limit: int, as_json: bool) -> int:  # noqa: FBT001
    """List instruments whose ticker or name contains or resembles TEXT."""
    config = setup.load().config

    async def work() -> dict[str, Any]:
        async with connected(config) as cs:
            return await cs.request(Search(text=text, limit=limit, exchange=exchange))

    answer = run(work())
    result = read_answer(answer, SearchResult)
    if as_json:
        print(answer_json({key: answer[key] for key in ("found", "notes", "directory")}))
    else:
        _print(text, result)
    return Exit.OK if result.found else Exit.UNKNOWN_TICKER


def _print(text: str, result: SearchResult) -> None:
    if result.found:
        # Without lines a row fits into the 80 columns of a pipe.
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in _COLUMNS:
            table.add_column(column, no_wrap=column == "Symbol", overflow="fold")
        for row in result.found:
            table.add_row(*_cells(row))
        Console().print(table)
    else:
        click.echo(f"nothing is like {text}: is the listing there? cryptostream status", err=True)
    for note in result.notes:
        click.echo(note, err=True)


def _cells(row: Listed) -> tuple[str, ...]:
    precision = "-" if row.precision is None else str(row.precision)
    return (
        row.symbol,
        row.base,
        row.quote,
        row.status,
        row.tick_size or "-",
        precision,
        f"{row.state}, {row.age:.0f} s",
    )
