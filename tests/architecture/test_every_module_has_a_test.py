"""A module without a test file of its own is a module that nobody looks after."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Covered elsewhere, each with the place and the reason.
COVERED_ELSEWHERE = {
    "cryptostream/errors.py": "classes without decisions; raised and checked all over the tests",
    "supervisors/errors.py": "classes without decisions; raised and checked all over the tests",
}


def modules() -> list[str]:
    """Return every module that holds more than imports, by its path."""
    files = [*(ROOT / "cryptostream").rglob("*.py"), *(ROOT / "supervisors").rglob("*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in files if file.name != "__init__.py")


def has_test(module: str) -> bool:
    """Tell whether there is ``test_<module>.py``, or ``test_<module>_<aspect>.py``, beside it."""
    path = Path(module.removeprefix("cryptostream/"))
    name = path.stem.strip("_")
    folder = ROOT / "tests" / path.parent
    return any([*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")])


@pytest.mark.parametrize("module", modules())
def test_a_module_has_a_test_file_at_the_same_path(module):
    assert has_test(module) or module in COVERED_ELSEWHERE


@pytest.mark.parametrize("module", COVERED_ELSEWHERE)
def test_an_exception_is_given_only_to_what_has_no_test_of_its_own(module):
    assert not has_test(module)
