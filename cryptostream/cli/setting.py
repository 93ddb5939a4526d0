"""What every command shares: the options before its name, and the settings they lead to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cryptostream import logs
from cryptostream.config import load
from cryptostream.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from cryptostream.client.aio import AsyncClient
    from cryptostream.config import Config, Loaded

# The client id under which `add` and `remove` keep tickers open without a program of their own.
OPERATOR = "operator"
# The last word on environment variables: rich and we take NO_COLOR alike.
_WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Setup:
    """The options that come before a command."""

    file: Path | None = None
    settings: tuple[str, ...] = ()
    verbose: bool = False

    def load(self, overrides: dict[str, object] | None = None) -> Loaded:
        """Return the settings.

        Raises:
            ConfigError: one of them is wrong.

        """
        verbose = {"logs.level": "DEBUG"} if self.verbose else {}
        return load(self.file, overrides={**(overrides or {}), **verbose, **self.overrides()})

    def overrides(self) -> dict[str, object]:
        """Return what was given with ``--set``."""
        pairs: dict[str, object] = {}
        for setting in self.settings:
            path, equals, value = setting.partition("=")
            if not equals:
                raise ConfigError(f"--set {setting} has no value", hint="write --set PATH=VALUE")
            pairs[path.strip()] = value.strip()
        return pairs

    def start_logging(self, config: Config, sink: Path | None = None) -> None:
        """Write this process's log lines where the settings say."""
        logs.configure(config.logs.level, config.logs.format, sink)


pass_setup = click.make_pass_decorator(Setup, ensure=True)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a listing command its ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@contextlib.asynccontextmanager
async def connected(config: Config, client_id: str | None = None) -> AsyncIterator[AsyncClient]:
    """Connect to the daemon of these settings.

    Raises:
        NotConnected: none answers.

    """
    from cryptostream.client.aio import connect  # noqa: PLC0415

    client = connect(
        config.router.control, config.router.data, client_id=client_id, agent="cryptostream-cli"
    )
    async with client as cs:
        await cs.connected(_WITHIN)
        yield cs


def run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Run a command's work in an event loop of its own."""
    return asyncio.run(work)


def is_terminal() -> bool:
    """Whether a person reads our standard output."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
