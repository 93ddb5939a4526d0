"""`cryptostream doctor`: what this machine has, what is wrong, and the remedy."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, connected, json_option, pass_setup, run
from cryptostream.errors import CryptoStreamError, NotConnected, StartError
from cryptostream.sources.tradingview.chromium import (
    choose_display,
    find_browser,
    playwright_executable,
    runs_in_container,
    sandbox_allowed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptostream.config import Config

# Asking a browser for its version takes well under a second; a broken one may hang (s).
_VERSION_WITHIN = 10.0
# Chromium keeps its shared memory here; containers often give it 64 MB, which pages outgrow.
_SHM = Path("/dev/shm")  # noqa: S108 - looked at, never written
_SHM_LEAST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


@click.command()
@json_option
@pass_setup
def doctor(setup: Setup, as_json: bool) -> int:  # noqa: FBT001
    """Look at everything the daemon needs; exit with 7 when something is wrong."""
    findings = [*_findings(setup)]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        table = Table(show_edge=False)
        for name in ("", "What", "Found", "Remedy"):
            table.add_column(name, overflow="fold")
        for one in findings:
            mark = "[green]ok[/]" if one.ok else "[bold red]WRONG[/]"
            table.add_row(mark, one.what, one.found, one.remedy)
        Console().print(table)
    return Exit.OK if all(finding.ok for finding in findings) else Exit.CHECK_FAILED


def _findings(setup: Setup) -> Iterator[Finding]:
    yield Finding("python", ok=True, found=f"{sys.version.split()[0]} at {sys.executable}")
    try:
        config = setup.load().config
    except CryptoStreamError as error:
        yield Finding("settings", ok=False, found=error.message, remedy=error.hint)
        return
    yield Finding("settings", ok=True, found="right")
    yield _try("browser", lambda: _browser(config))
    yield _try("display", lambda: _display(config))
    yield Finding(
        "sandbox",
        ok=True,
        found=sandbox_allowed(
            config.browsers.sandbox, os.geteuid(), in_container=runs_in_container()
        ).why,
    )
    yield _shared_memory()
    running = _is_running(config)
    yield Finding("daemon", ok=True, found="running" if running else "not running")
    yield from _ports(config, running=running)
    yield _runtime_dir(config)


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, found=look())
    except StartError as error:
        return Finding(what, ok=False, found=error.message, remedy=error.hint)


def _browser(config: Config) -> str:
    found = find_browser(
        config.browsers.path,
        exists=Path.exists,
        which=shutil.which,
        playwright_path=playwright_executable(),
    )
    try:
        version = subprocess.run(  # noqa: S603 - the browser that the settings name
            [found.path, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_WITHIN,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(
            f"{found.path} does not run: {error}", hint="install it again, or set browsers.path"
        ) from error
    return f"{version} at {found.path} ({found.why})"


def _display(config: Config) -> str:
    display = choose_display(config.browsers.headless, os.environ, shutil.which)
    return f"{'headless' if display.headless else 'headed'} ({display.why})"


def _shared_memory() -> Finding:
    if not _SHM.is_dir():
        return Finding(
            "shared memory", ok=True, found="no /dev/shm: the temporary directory serves"
        )
    size = shutil.disk_usage(_SHM).total
    text = f"{_SHM} has {size // 2**20} MB"
    if size < _SHM_LEAST:
        text += ": little, so Chromium uses the temporary directory"
    return Finding("shared memory", ok=True, found=text)


def _is_running(config: Config) -> bool:
    async def ask() -> bool:
        try:
            async with connected(config):
                return True
        except NotConnected:
            return False

    found: bool = run(ask())
    return found


def _ports(config: Config, *, running: bool) -> Iterator[Finding]:
    for name, address in (("control", config.router.control), ("data", config.router.data)):
        parts = urlsplit(address)
        if parts.scheme != "tcp" or parts.hostname is None or parts.port is None:
            continue
        free = _is_free(parts.hostname, parts.port)
        state = "free" if free else "in use by the daemon" if running else "in use"
        yield Finding(
            f"port {name}",
            ok=free or running,
            found=f"{parts.hostname}:{parts.port} is {state}",
            remedy="" if free or running else f"end what uses it, or set router.{name}",
        )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _runtime_dir(config: Config) -> Finding:
    place = config.runtime_path()
    parent = next(path for path in (place, *place.parents) if path.exists())
    ok = os.access(parent, os.W_OK)
    return Finding(
        "runtime directory",
        ok=ok,
        found=str(place),
        remedy="" if ok else "set runtime_dir to a directory that you may write",
    )
