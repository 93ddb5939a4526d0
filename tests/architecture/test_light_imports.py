"""What a user imports stays light: measured by what it loads, not by the clock."""

import json
import subprocess
import sys

import pytest

HEAVY = {"playwright", "aiohttp", "click", "rich", "loguru", "supervisors", "hypothesis", "pytest"}

# Imports a module with all that is inside it and prints the names of what is loaded then.
PROGRAM = """
import importlib, json, pkgutil, sys
module = importlib.import_module(sys.argv[1])
for inner in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}."):
    importlib.import_module(inner.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module], capture_output=True, check=True, text=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module",
    [
        "cryptostream.errors",
        "cryptostream.records",
        "cryptostream.symbols",
        "cryptostream.wire",
        "cryptostream.client",
    ],
)
def test_importing_it_loads_nothing_heavy(module):
    assert loaded_by(module) & HEAVY == set()


def test_the_settings_load_no_more_than_msgspec():
    assert loaded_by("cryptostream.config") & (HEAVY | {"zmq", "asyncio"}) == set()


def test_importing_supervisors_loads_nothing_of_ours():
    assert "cryptostream" not in loaded_by("supervisors")
