"""The command line: one group, one short file a command, errors as one line with the remedy."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from cryptostream import __version__
from cryptostream.cli.exits import Exit, exit_for
from cryptostream.cli.setting import Setup
from cryptostream.errors import CryptoStreamError

# name -> "module:function": a command loads only what it needs.
COMMANDS = {
    "add": "cryptostream.cli.tickers:add",
    "completion": "cryptostream.cli.completion:completion",
    "config": "cryptostream.cli.config:config",
    "demo": "cryptostream.cli.demo:demo",
    "doctor": "cryptostream.cli.doctor:doctor",
    "history": "cryptostream.cli.history:history",
    "remove": "cryptostream.cli.tickers:remove",
    "search": "cryptostream.cli.search:search",
    "sources": "cryptostream.cli.sources:sources",
    "status": "cryptostream.cli.status:status",
    "tail": "cryptostream.cli.tail:tail",
    "token": "cryptostream.cli.token:token",
    "up": "cryptostream.cli.up:up",
    "watch": "cryptostream.cli.watch:watch",
    "why": "cryptostream.cli.why:why",
}


class Commands(click.Group):
    """A group whose commands are loaded when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Set one setting.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; show the cause of errors.")
@click.pass_context
def cli(ctx: click.Context, file: Path | None, settings: tuple[str, ...], verbose: bool) -> None:  # noqa: FBT001
    """Live market data on this machine: a daemon, its clients and tools.

    `cryptostream demo` shows everything offline, on a simulated market.
    """
    ctx.obj = Setup(file=file, settings=settings, verbose=verbose)


def main(args: list[str] | None = None) -> None:
    """Run the command line; errors of ours become one line and a named exit code."""
    try:
        code: Any = cli.main(args, prog_name="cryptostream", standalone_mode=False)
    except click.exceptions.Abort:
        code = Exit.OK
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except CryptoStreamError as error:
        code = _fail(error)
    except KeyboardInterrupt:
        code = Exit.OK
    except BrokenPipeError:
        # The reader of our output has left (`| head`): so do we, without a second complaint.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.OK
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _fail(error: CryptoStreamError) -> Exit:
    click.echo(f"cryptostream: {error.line()}", err=True)
    if {"-v", "--verbose"} & set(sys.argv):
        cause: BaseException | None = error.__cause__
        while cause is not None:
            click.echo(f"  because of {type(cause).__name__}: {cause}", err=True)
            cause = cause.__cause__
    return exit_for(error)
