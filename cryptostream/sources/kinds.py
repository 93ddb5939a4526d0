"""Which sources there are: the entry points of the group ``cryptostream.sources``."""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptostream.errors import StartError
from cryptostream.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUP = "cryptostream.sources"


@functools.cache
def kinds() -> Mapping[str, SourceKind]:
    """Return every installed source by its name.

    Raises:
        StartError: one cannot be loaded, or two have one name.

    """
    return MappingProxyType(load(entry_points(group=GROUP)))


def load(points: Iterable[EntryPoint]) -> dict[str, SourceKind]:
    """Return the sources behind entry points, in the order of their names.

    Raises:
        StartError: as for :func:`kinds`.

    """
    found: dict[str, SourceKind] = {}
    for point in sorted(points, key=lambda point: point.name):
        kind = _load(point)
        if kind.name in found:
            raise StartError(
                f"two packages bring a source named {kind.name!r}",
                code="bad_source",
                hint="uninstall one of them",
            )
        found[kind.name] = kind
    return found


def _load(point: EntryPoint) -> SourceKind:
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise StartError(
            f"the source {point.name!r} ({point.value}) cannot be loaded: {error}",
            code="bad_source",
            hint="install what it needs, or uninstall it",
        ) from error
    if not isinstance(kind, SourceKind) or kind.name != point.name:
        raise StartError(
            f"{point.value} is not the description of a source named {point.name!r}",
            code="bad_source",
            hint="its entry point must name a cryptostream.sources.base.SourceKind",
        )
    return kind
