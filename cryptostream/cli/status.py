"""`cryptostream status`: how the daemon and its tickers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.lines import answer_json
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIB = 1024 * 1024


@click.command()
@json_option
@pass_setup
def status(setup: Setup, as_json: bool) -> int:  # noqa: FBT001
    """Show how the daemon, its workers, clients and tickers are."""
    config = setup.load().config

    async def work() -> dict[str, Any]:
        async with connected(config) as cs:
            return {**await cs.daemon_status(), "tickers": await cs.tickers()}

    answer = run(work())
    if as_json:
        print(answer_json(answer))
    else:
        _print(Console(), answer)
    return Exit.OK


def _print(console: Console, answer: dict[str, Any]) -> None:
    tape, directory = answer["tape"], answer["directory"]
    market = "  [bold yellow]SIMULATED MARKET[/]" if answer["simulated"] else ""
    console.print(
        f"router pid {answer['pid']}, up {answer['uptime']:.0f} s, epoch {answer['epoch']}, "
        f"{tape['records']} records, {answer['restarts']} restarts{market}"
    )
    age = directory["age"]
    console.print(
        f"symbol directory: {directory['symbols']} symbols, {directory['state']}"
        + (f", {age:.0f} s old" if age is not None else f" ({directory['why']})")
    )
    console.print(
        _table(
            "Workers",
            ("worker", "source", "pid", "pages", "sent", "lost", "heard"),
            answer["workers"],
        )
    )
    console.print(
        _table(
            "Processes",
            ("process", "state", "pid", "restarts", "memory", "last_error"),
            [_process(row) for row in answer["processes"]],
        )
    )
    console.print(
        _table(
            "Tickers",
            ("symbol", "phase", "data", "source", "other sources", "watchers", "seq", "why"),
            [{**row, "why": _why(row), "other sources": _others(row)} for row in answer["tickers"]],
        )
    )
    console.print(
        _table(
            "Sources",
            ("source", "timeliness", "automated", "redistribution", "needs_key"),
            answer["sources"],
        )
    )
    console.print(
        _table("Clients", ("client", "agent", "tickers", "lease_left"), answer["clients"])
    )


def _table(title: str, columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    return table


def _process(row: dict[str, Any]) -> dict[str, Any]:
    memory = row["memory"]
    size = None if memory is None else f"{memory / _MIB:.0f} MiB"
    return {**row, "process": row["name"], "memory": size, "last_error": row["last_error"] or None}


def _others(row: dict[str, Any]) -> list[str]:
    """Return how the sources are that do not publish a ticker now."""
    legs = [leg for leg in row.get("legs", ()) if leg["role"] != "publishes"]
    return [
        f"{leg['source']} {leg['role']}" + (f" ({leg['code']})" if "code" in leg else "")
        for leg in legs
        if leg["source"] != row.get("source")
    ]


def _why(row: dict[str, Any]) -> str:
    """Return what there is to say about a ticker that is not simply live."""
    if row["code"] == "ok":
        return ""
    attempt = f", attempt {row['attempt']}" if row.get("attempt") else ""
    return f"{row['code']}: {row['text']}{attempt}"


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
