"""From the text of a target to the function it names."""

from __future__ import annotations

import importlib
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from supervisors.errors import SpecError

if TYPE_CHECKING:
    from supervisors.spec import Target


def resolve(target: str | Target) -> Target:
    """Return the function behind ``"package.module:function"``, importing its module."""
    if not isinstance(target, str):
        return target
    module_name, _, name = target.partition(":")
    try:
        found = attrgetter(name)(importlib.import_module(module_name))
    except (ImportError, AttributeError) as error:
        raise SpecError(f"{target}: {error}", hint="is it spelt right and importable?") from error
    if not callable(found):
        raise SpecError(f"{target} is not a function")
    return cast("Target", found)
