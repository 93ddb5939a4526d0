"""The dashboard's own tests, run with the Node that a wheel brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.conftest import lacking

WEB = Path(__file__).parents[2] / "web"
VITEST = WEB / "node_modules/vitest/vitest.mjs"
LOCK = WEB / "package-lock.json"


@pytest.mark.timeout(180)
def test_the_logic_of_the_page() -> None:
    if not VITEST.is_file():
        lacking("web/node_modules is missing: run 'make web'")
    node = Path(sys.executable).with_name("node")
    if not node.is_file():
        lacking("no Node: install the extra 'dev'")
    ran = subprocess.run(
        [node, VITEST, "run", "--no-color"], cwd=WEB, capture_output=True, timeout=170, check=False
    )
    assert ran.returncode == 0, ran.stdout.decode(errors="replace")[-4000:]


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in LOCK.read_text()
