"""What the description says about each setting, by dotted path: ``router.heartbeat``."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from cryptostream.config.settings import Config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Setting(NamedTuple):
    """One setting: its type with bounds, its default and its explanation."""

    path: str
    type: object
    default: object
    description: str

    @property
    def is_text(self) -> bool:
        """Whether the value is text, so that ``7`` from the environment means ``"7"``."""
        kinds = _plain(self.type)
        return kinds is str or any(isinstance(choice, str) for choice in get_args(kinds))


class Section(NamedTuple):
    """A group of settings; ``path`` is empty for the top level."""

    path: str
    description: str
    settings: tuple[Setting, ...]


@functools.cache
def sections() -> tuple[Section, ...]:
    """Return all sections in the order of the description."""
    return tuple(_walk(Config, ""))


@functools.cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by its path."""
    every = (setting for section in sections() for setting in section.settings)
    return MappingProxyType({setting.path: setting for setting in every})


def _walk(struct: type[msgspec.Struct], path: str) -> Iterator[Section]:
    hints = get_type_hints(struct, include_extras=True)
    own: list[Setting] = []
    inner: list[Section] = []
    for field in msgspec.structs.fields(struct):
        field_path = f"{path}.{field.name}" if path else field.name
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            inner.extend(_walk(hint, field_path))
        else:
            own.append(Setting(field_path, hint, field.default, _description(hint)))
    headline = (struct.__doc__ or "").splitlines()[0]
    yield Section(path, headline, tuple(own))
    yield from inner


def _description(hint: object) -> str:
    notes: tuple[object, ...] = getattr(hint, "__metadata__", ())
    texts = [note.description for note in notes if isinstance(note, msgspec.Meta)]
    return next((text for text in texts if text), "")


def _plain(hint: object) -> object:
    # Annotated[Literal[...], ...] -> Literal[...]; tuple[str, ...] is not text, so it is hidden.
    inner = getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint
    return None if get_origin(inner) is tuple else inner
