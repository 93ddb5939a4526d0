"""`cryptostream sources`: what each installed source is, what it allows, and how it does now."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, json_option, pass_setup, run
from cryptostream.errors import NotConnected
from cryptostream.sources.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import SourceKind

# Nobody waits longer than this (s) for a daemon, when most of the answer needs none.
_WITHIN = 0.5
_COLUMNS = ("Source", "Delivers", "Values", "Key", "Automated", "Passing on", "Now")

Row = dict[str, Any]


@click.command()
@json_option
@pass_setup
def sources(setup: Setup, as_json: bool) -> int:  # noqa: FBT001
    """Show the installed sources: what they deliver, their terms, and how they are now.

    Works without a daemon; of a running one it says what each source does.
    """
    rows = rows_of(kinds().values(), run(_ask(setup.load().config)))
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        show(Console(), rows)
    return Exit.OK


async def _ask(config: Config) -> Row | None:
    """Return what a running daemon says of its workers and tickers; ``None`` without one."""
    from cryptostream.client.aio import connect  # noqa: PLC0415

    async with connect(config.router.control, config.router.data, agent="cryptostream-cli") as cs:
        try:
            await cs.connected(_WITHIN)
        except NotConnected:
            return None
        return {**await cs.daemon_status(), "tickers": await cs.tickers()}


def rows_of(installed: Iterable[SourceKind], answer: Row | None) -> list[Row]:
    """Return one row a source; ``now`` is ``None`` when no daemon runs."""
    return [
        {
            "source": kind.name,
            **kind.facts(),
            "now": None if answer is None else _now(kind.name, answer),
        }
        for kind in installed
    ]


def _now(source: str, answer: Row) -> Row:
    """Return how a source is in a running daemon: ``problems`` counts tickers by their code."""
    workers = [worker for worker in answer["workers"] if worker["source"] == source]
    tickers = [ticker for ticker in answer["tickers"] if ticker.get("source") == source]
    codes = Counter(str(one["code"]) for one in tickers if one["data"] != "ok")
    return {
        "workers": len(workers),
        "tickers": len(tickers),
        "problems": dict(codes),
        "why": "; ".join(str(worker["why"]) for worker in workers if worker.get("why")),
    }


def show(console: Console, rows: Iterable[Row]) -> None:
    """Print one line a source, then what its terms are."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    told = list(rows)
    for row in told:
        table.add_row(*_cells(row))
    console.print(table)
    for row in told:
        console.print(f"\n[bold]{row['source']}[/]: {row['summary']}\n  {row['terms']}")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row["source"],
        ", ".join(_delivers(row)),
        row["timeliness"].replace("_", "-"),
        "needed" if row["needs_key"] else "none",
        "yes" if row["automated"] else "no",
        "yes" if row["redistribution"] else "no",
        _words(row["now"]),
    )


def _delivers(row: Row) -> list[str]:
    also = {"bid_ask": "bid/ask", "trades": "trades", "history": "history"}
    return ["ticks", *(name for key, name in also.items() if row[key])]


def _words(now: Row | None) -> str:
    if now is None:
        return "no daemon"
    if not now["workers"]:
        return "not running"
    problems = [f"{count} {code}" for code, count in now["problems"].items()]
    return "; ".join(
        [f"{now['tickers']} tickers", *problems, *([now["why"]] if now["why"] else [])]
    )
