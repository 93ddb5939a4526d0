"""`cryptostream token`: who may use the gateway, and how much each may take."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, json_option, pass_setup
from cryptostream.errors import ConfigError
from cryptostream.gateway import token_file
from cryptostream.gateway.auth import Grant, Token, checked_token, new_secret

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = ("Name", "Created", "Tickers", "At most", "Messages/s", "Connections")


@click.group()
def token() -> None:
    """Make, show and revoke tokens of the gateway.

    A running gateway takes up every change within two seconds.
    """


@token.command()
@click.argument("name")
@click.option("--ticker", "tickers", multiple=True, help="Allowed tickers, like 'BINANCE:*'.")
@click.option("--max-tickers", type=click.IntRange(min=1), help="Tickers at once.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Messages per second.")
@click.option("--connections", type=click.IntRange(min=1), help="Connections at once.")
@pass_setup
def create(setup: Setup, /, name: str, tickers: tuple[str, ...], **limits: Any) -> int:  # noqa: ANN401
    """Make a token and print it: it is shown only this once."""
    path = _path(setup)
    known = token_file.read(path)
    if any(one.name == name for one in known):
        raise ConfigError(f"there is a token named {name}", hint="revoke it first")
    secret = new_secret()
    now = int(datetime.now(UTC).timestamp())
    fresh = checked_token(name, secret, now, Grant(tickers=tickers, **limits))
    token_file.write(path, [*known, fresh])
    click.echo(secret)
    click.echo(f"kept as a hash in {path}; this is the only time that it is shown", err=True)
    return Exit.OK


@token.command(name="list")
@json_option
@pass_setup
def list_(setup: Setup, as_json: bool) -> int:  # noqa: FBT001
    """Show the tokens, without what would let anybody in."""
    rows = [_row(one) for one in token_file.read(_path(setup))]
    if as_json:
        print(json.dumps(rows, indent=2))
        return Exit.OK
    table = Table(*_COLUMNS, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)
    return Exit.OK


@token.command()
@click.argument("name")
@pass_setup
def revoke(setup: Setup, name: str) -> int:
    """End a token; connections that use it are closed within two seconds."""
    path = _path(setup)
    known = token_file.read(path)
    left = [one for one in known if one.name != name]
    if len(left) == len(known):
        raise ConfigError(f"there is no token named {name}", hint="see 'cryptostream token list'")
    token_file.write(path, left)
    click.echo(f"{name} is revoked")
    return Exit.OK


def _path(setup: Setup) -> Path:
    return token_file.place_of(setup.load().config.gateway.tokens_file, os.environ)


def _row(one: Token) -> dict[str, Any]:
    grant = one.grant
    return {
        "name": one.name,
        "created": datetime.fromtimestamp(one.created, UTC).isoformat(timespec="seconds"),
        "tickers": list(grant.tickers),
        "max_tickers": grant.max_tickers,
        "rate": grant.rate,
        "connections": grant.connections,
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "all"
    return "-" if value is None else str(value)
