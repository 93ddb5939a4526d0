"""The code in ``cryptostream/v1`` is what ``proto/`` generates, and nothing was edited by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cryptostream.gateway.rpc import PATH
from cryptostream.v1 import prices_connect

ROOT = Path(__file__).parents[2]
TOOLS = ("buf", "protoc-gen-py", "protoc-gen-connectrpc")
# The tools are where the interpreter of the tests is, on the PATH or not.
SEARCHED = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


def buf(*arguments: str) -> None:
    """Run buf, without its cache in the user's home."""
    missing = [name for name in TOOLS if shutil.which(name, path=SEARCHED) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"needs {', '.join(missing)}")
    assert not missing, "CI has all tools"
    done = subprocess.run(
        [str(shutil.which("buf", path=SEARCHED)), *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": SEARCHED},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_generated_code_is_that_of_the_schema(tmp_path):
    buf("generate", "--output", str(tmp_path))
    (made,) = tmp_path.rglob("cryptostream/v1")
    kept = ROOT / "cryptostream" / "v1"
    names = sorted(file.name for file in made.glob("*.py"))
    assert names == sorted(file.name for file in kept.glob("*.py"))
    for name in names:
        assert (made / name).read_text("utf-8") == (kept / name).read_text("utf-8"), "make proto"


def test_the_schema_follows_the_rules_of_its_kind():
    buf("lint")
    buf("format", "--diff", "--exit-code")


def test_the_service_is_where_it_is_mounted():
    application = prices_connect.PriceServiceASGIApplication
    assert application.path.fget(None) == PATH
