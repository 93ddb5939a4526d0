"""The nets of conftest.py catch what they are there for: each is tried on a test that leaks."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LEAKY = """
import asyncio
import subprocess
import sys

import pytest

from cryptostream.config import load


async def test_blocking(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("")
    load(file, environ={})


async def test_not_blocking(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("")
    await asyncio.to_thread(load, file, environ={})


WAIT = "import signal; signal.pause()"


@pytest.mark.usefixtures("no_orphans")
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_orphan():
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{WAIT}'])"
    subprocess.run([sys.executable, "-c", child], check=True)


@pytest.mark.usefixtures("no_orphans")
def test_no_orphan():
    with subprocess.Popen([sys.executable, "-c", WAIT]) as child:
        child.terminate()
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaky")
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    source = Path(__file__).parents[1]
    (folder / "test_leaky.py").write_text(LEAKY, encoding="utf-8")
    conftest = folder / "conftest.py"
    text = conftest.read_text(encoding="utf-8")
    conftest.write_text(text.replace("LAST_WORDS = 5.0", "LAST_WORDS = 0.3"), encoding="utf-8")
    options = ["-q", "-rA", "-p", "no:cacheprovider", "-c", source / "pyproject.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", folder, folder],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout


def test_a_blocking_call_of_ours_in_the_loop_fails_the_test(outcome):
    assert "FAILED test_leaky.py::test_blocking - blockbuster" in outcome
    assert "BlockingError: Blocking call to" in outcome


def test_the_same_call_in_a_thread_passes(outcome):
    assert "PASSED test_leaky.py::test_not_blocking" in outcome


def test_a_grandchild_that_outlives_the_test_fails_it(outcome):
    assert "ERROR test_leaky.py::test_orphan - Failed: processes outlived the test" in outcome


def test_a_child_that_ends_passes(outcome):
    assert "PASSED test_leaky.py::test_no_orphan" in outcome
    assert "ERROR test_leaky.py::test_no_orphan" not in outcome
