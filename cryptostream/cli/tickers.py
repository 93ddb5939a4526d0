"""`cryptostream add` and `remove`: tickers that stay open without a program of their own."""

from __future__ import annotations

import json
from typing import Any

import click

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import OPERATOR, Setup, connected, json_option, pass_setup, run
from cryptostream.wire import messages


@click.command()
@click.argument("tickers", nargs=-1, required=True)
@json_option
@pass_setup
def add(setup: Setup, tickers: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001
    """Keep TICKERS open until `remove`, whoever watches; `watch` without names shows them."""
    return _change(setup, messages.Subscribe(tickers=list(tickers)), as_json=as_json)


@click.command()
@click.argument("tickers", nargs=-1, required=True)
@json_option
@pass_setup
def remove(setup: Setup, tickers: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001
    """Close TICKERS that `add` keeps open; other programs that want them keep them."""
    return _change(setup, messages.Unsubscribe(tickers=list(tickers)), as_json=as_json)


def _change(setup: Setup, request: messages.Request, *, as_json: bool) -> int:
    config = setup.load().config

    async def work() -> dict[str, Any]:
        async with connected(config) as cs:
            return await cs.on_behalf_of(OPERATOR, request)

    results = run(work())["results"]
    if as_json:
        print(json.dumps(results, default=str))
    else:
        for result in results:
            _print(result, request.op)
    return Exit.OK if all(result["ok"] for result in results) else Exit.UNKNOWN_TICKER


def _print(result: dict[str, Any], op: str) -> None:
    if not result["ok"]:
        error = result["error"]
        click.echo(f"{result['ticker']}: {error['message']} ({error['hint']})", err=True)
    elif op == "unsubscribe" and not result["removed"]:
        print(f"{result['symbol']} was not kept open")
    else:
        print(f"{result['symbol']} {'is kept open' if op == 'subscribe' else 'is let go'}")
