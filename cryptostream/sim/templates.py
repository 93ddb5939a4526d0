"""The files under ``pages/``, read once: HTML templates and the scripts of a page."""

from __future__ import annotations

import html
import json
from functools import cache
from importlib import resources
from string import Template

# The parts of the page's script, in the order in which they build on each other.
_PAGE_SCRIPT = ("numbers.js", "paint.js", "socket.js", "header.js", "faults.js", "main.js")


@cache
def text_of(name: str) -> str:
    """Return a file under ``pages/``."""
    return (resources.files("cryptostream.sim") / "pages" / name).read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    return Template(text_of(name))


def fill(name: str, **values: str) -> str:
    """Return the template with its values, which must be safe HTML already."""
    return _template(name).substitute(values)


@cache
def page_script() -> str:
    """Return the page's script: its parts in one scope of their own."""
    parts = "\n".join(text_of(name) for name in _PAGE_SCRIPT)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def escape(text: str) -> str:
    """Return the text for use in HTML and attributes."""
    return html.escape(text)


def inline_json(value: object) -> str:
    """Return JSON that cannot end the script element around it."""
    return json.dumps(value).replace("</", "<\\/").replace("<!--", "<\\!--")


def load_all() -> None:
    """Read every file under ``pages/`` now, outside the event loop."""
    for entry in (resources.files("cryptostream.sim") / "pages").iterdir():
        if entry.name.endswith((".html", ".js", ".css")):
            text_of(entry.name)
