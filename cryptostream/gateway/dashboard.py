"""The dashboard's files, as the build of ``web`` left them beside this module."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

BUILT = Path(__file__).parent / "static"
_INDEX = "index.html"
# The build names these by their content.
_FOR_GOOD = "assets/"
# The chart library gives its attribution mark a style of its own: this is that style's SHA-256.
_MARK = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_MARK}; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_NOT_BUILT = b"The dashboard is not built: run 'make web', or install a wheel, which holds it.\n"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    media_type: str
    etag: str


class Dashboard:
    """Serves the files from memory; they are read once, at the first request."""

    def __init__(self, built: Path = BUILT) -> None:
        self._built = built
        self._files: dict[str, _File] = {}

    async def answer(self, request: Request) -> Response:
        """Return the file of a path.

        Raises:
            HTTPException: there is none.

        """
        if not self._files:
            self._files = await asyncio.to_thread(_read, self._built)
        path = request.path_params["path"] or _INDEX
        if path == _INDEX and not self._files:
            return Response(_NOT_BUILT, _NOT_FOUND, media_type="text/plain")
        found = self._files.get(path)
        if found is None:
            raise HTTPException(_NOT_FOUND)
        return _response(found, path, request.headers.get("if-none-match", ""))


def _response(found: _File, path: str, known: str) -> Response:
    lasting = path.startswith(_FOR_GOOD)
    caching = "public, max-age=31536000, immutable" if lasting else "no-cache"
    headers = {**HEADERS, "cache-control": caching, "etag": found.etag}
    if known == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=found.media_type)


def _read(built: Path) -> dict[str, _File]:
    paths = (path for path in built.rglob("*") if path.is_file())
    return {path.relative_to(built).as_posix(): _file(path) for path in paths}


def _file(path: Path) -> _File:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
