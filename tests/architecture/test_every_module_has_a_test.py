"""A module without a test is a module that nobody looks after."""

import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Pattern of modules -> the test files that exercise them through their public face. What is
# not named here has ``test_<module>.py`` at its own path.
COVERED_ELSEWHERE = {
    "*/errors.py": ["wire/test_messages.py", "supervisors/test_values.py"],
    "cryptostream/__main__.py": ["integration/test_process_life.py"],
    "cryptostream/app/[dpr]*.py": [
        "integration/test_process_life.py",
        "integration/test_faults.py",
    ],
    "cryptostream/gateway/[adsglpcmuov]*.py": [
        "gateway/test_websocket.py",
        "gateway/test_rest.py",
        "gateway/test_hub.py",
    ],
    "cryptostream/cli/*.py": ["cli/test_commands.py", "cli/test_lines.py", "cli/test_views.py"],
    "cryptostream/client/sockets.py": ["client/test_aio.py"],
    "cryptostream/router/instructions.py": ["router/test_reconciler.py"],
    "cryptostream/v1/*.py": ["gateway/test_rpc_schema.py"],
    "cryptostream/hop_socket.py": ["router/test_actor.py"],
    "cryptostream/router/workers.py": ["router/test_actor.py"],
    "cryptostream/router/process.py": ["router/test_actor.py"],
    "cryptostream/router/reception.py": ["integration/test_bad_input.py"],
    "cryptostream/sim/*.py": ["sim/test_pure.py", "sim/test_server.py", "sim/test_pages.py"],
    "cryptostream/config/*.py": ["config/test_settings.py", "config/test_sample.py"],
    "cryptostream/sources/binance/effects.py": ["sources/binance/test_shards.py"],
    "cryptostream/sources/*/kind.py": ["sources/test_kinds.py"],
    "cryptostream/sources/base.py": ["router/test_actor.py"],
    "cryptostream/sources/reporting.py": ["sources/ccxt/test_said.py"],
    "cryptostream/sources/testing.py": ["sources/test_cards.py"],
    "cryptostream/sources/tradingview/browser.py": ["integration/test_faults.py"],
    "cryptostream/sources/tradingview/engine.py": ["sources/tradingview/test_engines.py"],
    "cryptostream/sources/tradingview/tab.py": ["sources/tradingview/test_chrome.py"],
    "supervisors/[bcefglorstv]*.py": [
        "supervisors/test_process.py",
        "supervisors/test_supervisor.py",
        "supervisors/test_values.py",
        "supervisors/test_guard.py",
    ],
}


def modules() -> list[str]:
    """Return every module that holds more than imports, by its path."""
    files = [*(ROOT / "cryptostream").rglob("*.py"), *(ROOT / "supervisors").rglob("*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in files if file.name != "__init__.py")


def own_tests(module: str) -> list[Path]:
    """Return ``test_<module>.py`` and ``test_<module>_<aspect>.py`` at the module's path."""
    path = Path(module.removeprefix("cryptostream/"))
    folder = ROOT / "tests" / path.parent
    name = path.stem.strip("_")
    return [*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")]


def other_tests(module: str) -> list[Path]:
    """Return the tests that stand for a module elsewhere."""
    return [
        ROOT / "tests" / place
        for pattern, places in COVERED_ELSEWHERE.items()
        if fnmatch.fnmatch(module, pattern)
        for place in places
    ]


@pytest.mark.parametrize("module", modules())
def test_a_module_has_a_test(module):
    assert own_tests(module) or other_tests(module)


@pytest.mark.parametrize("pattern", COVERED_ELSEWHERE)
def test_a_test_that_is_named_for_others_exists(pattern):
    assert any(fnmatch.fnmatch(module, pattern) for module in modules())
    for place in COVERED_ELSEWHERE[pattern]:
        assert (ROOT / "tests" / place).is_file()
