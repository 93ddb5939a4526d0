"""The sample file: every setting with its default and one line of explanation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptostream.config.schema import sections

if TYPE_CHECKING:
    from cryptostream.config.schema import Section, Setting

_HEADER = """\
# Every setting of CryptoStream with its default. Copy what you change into `cryptostream.toml`.
# An environment variable wins over the file: CRYPTOSTREAM_ROUTER__LEASE=30
# and the command line wins over both: --set router.lease=30
#
# This file is generated from the description in the code, and tested against it.
"""


def sample() -> str:
    """Return the text of ``config.toml``."""
    return "\n".join([_HEADER, *(_section(section) for section in sections())])


def _section(section: Section) -> str:
    head = f"# {section.description}\n"
    if section.path:
        head += f"[{section.path}]\n"
    return head + "".join(_line(setting) for setting in section.settings)


def _line(setting: Setting) -> str:
    name = setting.path.rpartition(".")[2]
    return f"# {setting.description}\n{name} = {to_toml(setting.default)}\n"


def to_toml(value: object) -> str:
    """Return a plain value (bool, number, text, sequence of them) as TOML spells it."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    # For ASCII text, booleans and numbers the spelling of JSON is that of TOML as well.
    return json.dumps(value)
