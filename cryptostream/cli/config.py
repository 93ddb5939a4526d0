"""`cryptostream config`: what is set, where it came from, and whether it is right."""

from __future__ import annotations

import json

import click
import msgspec
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, json_option, pass_setup
from cryptostream.config import sample
from cryptostream.config.schema import settings


@click.group()
def config() -> None:
    """Show and check the settings."""


@config.command()
@click.option("--origin", is_flag=True, help="Tell where each value came from.")
@json_option
@pass_setup
def show(setup: Setup, origin: bool, as_json: bool) -> int:  # noqa: FBT001
    """Show every setting with its value."""
    loaded = setup.load()
    values = {path: _value(loaded.config, path) for path in settings()}
    origins = {path: loaded.origins.get(path, "default") for path in values}
    if as_json:
        rows = {path: {"value": values[path], "origin": origins[path]} for path in values}
        print(json.dumps(rows, indent=2))
        return Exit.OK
    table = Table(show_edge=False)
    for name in ("Setting", "Value", *(["From"] if origin else [])):
        table.add_column(name, overflow="fold")
    for path, value in values.items():
        table.add_row(path, json.dumps(value), *([origins[path]] if origin else []))
    Console().print(table)
    return Exit.OK


@config.command()
@pass_setup
def check(setup: Setup) -> int:
    """Check the settings; each wrong one is named with its remedy."""
    loaded = setup.load()
    changed = sum(1 for origin in loaded.origins.values() if origin != "default")
    print(f"the settings are right ({changed} of {len(settings())} differ from the defaults)")
    return Exit.OK


@config.command(name="sample")
def sample_() -> int:
    """Print a complete config.toml with every setting, its default and its meaning."""
    print(sample(), end="")
    return Exit.OK


def _value(config: object, path: str) -> object:
    found = config
    for name in path.split("."):
        found = getattr(found, name)
    return msgspec.to_builtins(found)
