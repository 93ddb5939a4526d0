"""The files of the dashboard: what is served, what is not, and with which headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from cryptostream.gateway.dashboard import HEADERS, Dashboard

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    text: str


@pytest.fixture
def ask(tmp_path: Path):
    """Return a function that asks for a path of a dashboard with two files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets/index-1.js").write_text("run()")
    return asker(tmp_path)


def asker(built: Path):
    app = Starlette(routes=[Route("/{path:path}", Dashboard(built).answer)])

    async def get(path: str, **headers: str) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": path, "headers": given}
        await app({**scope, "query_string": b"", "root_path": ""}, receive, send)
        start, body = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, body["body"].decode())

    return get


async def test_the_page_is_asked_for_anew_and_its_parts_are_kept(ask):
    page = await ask("/")
    assert (page.status_code, page.text) == (200, "<!doctype html>")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    part = await ask("/assets/index-1.js")
    assert "javascript" in part.headers["content-type"]
    assert "immutable" in part.headers["cache-control"]


async def test_what_the_browser_has_is_not_sent_again(ask):
    known = (await ask("/")).headers["etag"]
    again = await ask("/", **{"if-none-match": known})
    assert (again.status_code, again.text) == (304, "")


async def test_nothing_inline_and_nothing_foreign_is_allowed(ask):
    policy = (await ask("/")).headers["content-security-policy"]
    assert policy == HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/nothing", "/../secret", "/assets/", "/assets/../../secret"])
async def test_there_is_nothing_else(ask, path, tmp_path):
    (tmp_path.parent / "secret").write_text("secret")
    assert (await ask(path)).status_code == 404


async def test_a_dashboard_that_was_not_built_says_how(tmp_path):
    answer = await asker(tmp_path / "nothing")("/")
    assert answer.status_code == 404
    assert "make web" in answer.text
