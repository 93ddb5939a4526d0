"""Where settings come from: defaults, then the file, the environment, the command line.

:func:`load` does the reading; everything else here is pure. A layer is a flat mapping from the
path of a setting to its value and the place that it came from.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cryptostream.config.rules import broken_rules
from cryptostream.config.schema import Setting, sections, settings
from cryptostream.config.settings import Config
from cryptostream.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PREFIX = "CRYPTOSTREAM_"
FILE_VARIABLE = "CRYPTOSTREAM_CONFIG"
DEFAULT_ORIGIN = "default"


class Value(NamedTuple):
    """A value on its way to a setting, and where it came from."""

    value: object
    origin: str


class Loaded(NamedTuple):
    """The settings, and for each path the place that its value came from."""

    config: Config
    origins: Mapping[str, str]


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Loaded:
    """Read the settings from all the places that they can come from.

    ``path`` is the file that the user named; ``overrides`` maps dotted paths to values, and
    text among them is read like the environment is. ``environ`` stands in for the real one.

    Raises:
        ConfigError: a setting is unknown, of the wrong type, out of range or at odds with
            another; or the file cannot be read.

    """
    variables = os.environ if environ is None else environ
    file = choose_file(path, variables, exists=Path.is_file)
    layers = [
        {} if file is None else flatten(_read(file), origin=f"file {file}"),
        from_environment(variables),
        from_overrides(overrides or {}),
    ]
    return validate(merge(layers))


def choose_file(
    named: Path | None, environ: Mapping[str, str], *, exists: Callable[[Path], bool]
) -> Path | None:
    """Return the file to read: the named one, or the first usual one that is there."""
    if named is not None:
        return named
    if environ.get(FILE_VARIABLE):
        return Path(environ[FILE_VARIABLE])
    candidates = [Path("cryptostream.toml")]
    base = environ.get("XDG_CONFIG_HOME") or _below_home(environ)
    if base:
        candidates.append(Path(base) / "cryptostream" / "config.toml")
    return next((file for file in candidates if exists(file)), None)


def flatten(document: Mapping[str, object], *, origin: str, under: str = "") -> dict[str, Value]:
    """Return the settings of a nested document by path; an empty table sets nothing."""
    flat: dict[str, Value] = {}
    tables = {section.path for section in sections()}
    for key, value in document.items():
        path = f"{under}.{key}" if under else key
        if isinstance(value, dict) and (value or path in tables):
            flat |= flatten(value, origin=origin, under=path)
        else:
            flat[path] = Value(value, origin)
    return flat


def from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    """Return the settings among the environment variables: ``CRYPTOSTREAM_ROUTER__LEASE``."""
    flat: dict[str, Value] = {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            path = name.removeprefix(PREFIX).lower().replace("__", ".")
            flat[path] = Value(_from_text(path, text), f"environment variable {name}")
    return flat


def from_overrides(overrides: Mapping[str, object]) -> dict[str, Value]:
    """Return the settings that the command line, or the program itself, insists on."""
    return {
        path: Value(_from_text(path, value) if isinstance(value, str) else value, "command line")
        for path, value in overrides.items()
    }


def merge(layers: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """Return all layers as one; later ones win."""
    merged: dict[str, Value] = {}
    for layer in layers:
        merged |= layer
    return merged


def validate(values: Mapping[str, Value]) -> Loaded:
    """Return the settings with ``values`` in place of the defaults.

    Raises:
        ConfigError: names every setting that is wrong, its value and where it came from.

    """
    problems = [_problem(path, value) for path, value in values.items()]
    _raise_for([problem for problem in problems if problem])
    known = settings()
    config = msgspec.convert(
        _nest({path: _normal(known[path], value.value) for path, value in values.items()}), Config
    )
    origins = dict.fromkeys(known, DEFAULT_ORIGIN)
    origins |= {path: value.origin for path, value in values.items()}
    _raise_for(
        [
            f"{path} = {_shown(_lookup(config, path))} (from {origins[path]}): {complaint}"
            for path, complaint in broken_rules(config)
        ]
    )
    return Loaded(config, MappingProxyType(origins))


def _problem(path: str, given: Value) -> str:
    """Return what is wrong with one value; empty when nothing is."""
    setting = settings().get(path)
    if setting is None:
        return _unknown(path, given.origin)
    value = _normal(setting, given.value)
    where = f"{path} = {_shown(value)} (from {given.origin})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where}: must be a finite number"
    try:
        msgspec.convert(value, type=setting.type)
    except msgspec.ValidationError as error:
        return f"{where}: {str(error)[:1].lower()}{str(error)[1:]}"
    return ""


def _unknown(path: str, origin: str) -> str:
    inside = [known for known in settings() if known.startswith(f"{path}.")]
    if inside:
        return f"{path} (from {origin}) is a section; it has settings like {inside[0]}"
    close = difflib.get_close_matches(path, settings(), n=1, cutoff=0.0)
    return f"{path} (from {origin}) is not a setting; the nearest is {close[0]}"


def _normal(setting: Setting, value: object) -> object:
    # `headless = true` without quotes is what everyone writes first.
    if isinstance(value, bool) and setting.path == "browsers.headless":
        return str(value).lower()
    return value


def _from_text(path: str, text: str) -> object:
    """Return text as the value that it spells in TOML, or as itself."""
    setting = settings().get(path)
    quoted = text[:1] in {'"', "'"}
    if setting is None or (setting.is_text and not quoted):
        return text
    try:
        document = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # A line break in the text could smuggle in further keys.
    return document["value"] if len(document) == 1 else text


def _nest(flat: Mapping[str, object]) -> dict[str, object]:
    nested: dict[str, object] = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        table = nested
        for parent in parents:
            inner = table.setdefault(parent, {})
            assert isinstance(inner, dict)  # noqa: S101 - paths are known, none is inside another
            table = inner
        table[name] = value
    return nested


def _lookup(config: Config, path: str) -> object:
    value: object = config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _shown(value: object) -> str:
    return repr(value) if not isinstance(value, bool) else str(value).lower()


def _below_home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    return f"{home}/.config" if home else ""


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not a TOML file: {error}") from error


def _raise_for(problems: list[str]) -> None:
    if problems:
        raise ConfigError(
            "; ".join(problems), hint="`cryptostream config show` lists every setting"
        )
