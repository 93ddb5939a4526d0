"""Rules about the files of the repository as a whole."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = {".py", ".js", ".ts", ".css", ".html", ".sh"}
LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "yarn.lock"}
# What `make` leaves behind; needed only where git cannot say what belongs to the project.
NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "build", "dist", "results"}

# A letter in brackets matches itself, so that this file does not break its own rules.
REGISTRIES = re.compile(r"pyp[i]\.org|python[h]osted|registry\.(npmj[s]|yarnpk[g])|/simpl[e]/")
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(wor[k]|roo[t])/|(?<![\w.~-])/hom[e]/\w")
NOTES_TO_SELF = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}


def project_files() -> list[Path]:
    """Return every file of the project that git tracks or would track."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [
        file
        for file in ROOT.rglob("*")
        if file.is_file() and not NOT_OURS & set(file.relative_to(ROOT).parts)
        if not any(part.endswith(("_cache", ".egg-info")) for part in file.parts)
    ]


def texts() -> list[tuple[str, str]]:
    """Return (name, text) of every file of the project that is text."""
    found = []
    for file in project_files():
        data = file.read_bytes()
        if b"\0" not in data:
            found.append((str(file.relative_to(ROOT)), data.decode(errors="replace")))
    return found


def lines_with(pattern: re.Pattern[str], suffixes: set[str] | None = None) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts()
        if suffixes is None or Path(name).suffix in suffixes
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_the_constraints_hold_versions_and_no_addresses():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if "://" in line or "--" in line or "@" in line] == []
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==\S+( ; .+)?$", line)] == []


def test_no_lock_file_is_kept():
    assert [file for file in project_files() if file.name in LOCK_FILES] == []


def test_a_package_lock_names_no_registry():
    locks = [file for file in project_files() if file.name == "package-lock.json"]
    assert [file for file in locks if '"resolved"' in file.read_text(encoding="utf-8")] == []


def test_no_file_names_a_package_registry():
    assert lines_with(REGISTRIES) == []


def test_no_file_knows_the_machine_it_was_written_on():
    assert lines_with(MACHINE_PATHS) == []


def test_code_holds_no_notes_to_self():
    assert lines_with(NOTES_TO_SELF, CODE) == []


def test_every_module_has_a_name_that_says_something():
    found = [*modules("cryptostream"), *modules("supervisors")]
    assert [file for file in found if NAMELESS & {file.stem, file.parent.name}] == []


def test_supervisors_imports_the_standard_library_only():
    allowed = sys.stdlib_module_names | {"supervisors"}
    assert [
        (file.name, name)
        for file in modules("supervisors")
        for name in imported(file.read_text(encoding="utf-8"))
        if name.partition(".")[0] not in allowed
    ] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REGISTRIES, "https://pyp" + "i.org/project"),
        (MACHINE_PATHS, "see /wor" + "k/main"),
        (MACHINE_PATHS, '"/hom' + 'e/someone"'),
        (NOTES_TO_SELF, "# TOD" + "O: later"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern, text):
    assert pattern.search(text)
    assert not pattern.search("~/work/x, docs/work/, a home/page, $HOME/.config, todo")


def imported(source: str) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append("." * node.level + (node.module or ""))
    return names


def test_every_form_of_import_is_seen():
    source = "import a.b as c\nfrom d.e import f\nfrom . import g\ndef h():\n    import i"
    assert imported(source) == ["a.b", "d.e", ".", "i"]


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.sh")), ids=lambda f: f.name)
def test_a_script_is_executable_and_a_shell_can_read_it(script):
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


def test_ci_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "make test" in script
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
