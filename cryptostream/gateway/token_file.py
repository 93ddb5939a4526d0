"""The file of the tokens: read, written whole, readable by its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cryptostream.errors import ConfigError
from cryptostream.gateway.auth import Token
from cryptostream.whole_file import replace_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_MODE = 0o600


def place_of(setting: str, environ: dict[str, str] | os._Environ[str]) -> Path:
    """Return where the tokens are: the setting, or the user's configuration directory."""
    if setting:
        return Path(setting).expanduser().absolute()
    base = environ.get("XDG_CONFIG_HOME", "")
    # XDG says that a relative path is to be ignored.
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return home / "cryptostream" / "tokens.json"


def read(path: Path) -> tuple[Token, ...]:
    """Return the tokens of a file; none when there is no file.

    Raises:
        ConfigError: it cannot be read, others may read it, or it does not hold tokens.

    """
    try:
        mode = path.stat().st_mode
        body = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"others may read {path}", hint=f"run: chmod 600 {path}")
    try:
        return msgspec.json.decode(body, type=tuple[Token, ...])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} does not hold tokens: {error}") from error


def write(path: Path, tokens: Iterable[Token]) -> None:
    """Replace the file in one step: a reader sees the old one or the new one.

    Raises:
        ConfigError: it cannot be written.

    """
    body = msgspec.json.format(msgspec.json.encode(tuple(tokens)), indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, body + b"\n", mode=_MODE, lasting=True)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
