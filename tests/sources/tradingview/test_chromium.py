from pathlib import Path

import pytest

from cryptostream.errors import StartError
from cryptostream.sources.tradingview.chromium import (
    Browser,
    Display,
    Sandbox,
    choose_display,
    find_browser,
    launch_command,
    newest_build,
    playwright_caches,
    runs_in_container,
    sandbox_allowed,
)

OWN = "/cache/chromium-7/chrome-linux/chrome"
CHROME = "/opt/google/chrome/chrome"
EDGE = "/opt/microsoft/msedge/msedge"


def find(*there: str, path: str = "", commands: tuple[str, ...] = ()) -> Browser:
    return find_browser(
        path,
        exists=lambda file: str(file) in {*there, *(f"/bin/{name}" for name in commands)},
        which=lambda name: f"/bin/{name}" if name in commands else None,
        playwright_path=Path(OWN),
    )


def nothing_on_the_path(_name: str) -> None:
    return None


@pytest.mark.parametrize(
    ("there", "commands", "path"),
    [
        ((OWN, CHROME, EDGE), ("chromium",), OWN),
        ((CHROME, EDGE), ("chromium",), CHROME),
        ((EDGE,), ("chromium", "chromium-browser"), "/bin/chromium"),
        ((EDGE,), ("chromium-browser",), "/bin/chromium-browser"),
        ((EDGE,), (), EDGE),
    ],
)
def test_the_first_installed_browser_in_order_is_taken(there, commands, path):
    found = find(*there, commands=commands)
    assert found.path == path
    assert found.why


def test_the_browser_that_is_set_wins_over_all():
    assert find("/my/chrome", OWN, path="/my/chrome").path == "/my/chrome"
    assert find(OWN, path="brave", commands=("brave",)).path == "/bin/brave"


@pytest.mark.parametrize("path", ["/my/chrome", "brave"])
def test_a_browser_that_is_set_and_missing_is_never_replaced_by_another(path):
    with pytest.raises(StartError, match=r"browsers\.path names") as caught:
        find(OWN, CHROME, path=path)
    assert caught.value.code == "no_browser"


def test_without_any_browser_both_remedies_are_named():
    with pytest.raises(StartError, match="no browser found") as caught:
        find()
    assert caught.value.code == "no_browser"
    assert "apt-get install chromium" in caught.value.hint
    assert "playwright install chromium" in caught.value.hint


@pytest.mark.parametrize("setting", ["auto", "false"])
@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_where_there_is_a_display_the_browser_has_a_window(setting, name):
    display = choose_display(setting, {name: ":0"}, nothing_on_the_path)
    assert display == Display(headless=False, why=f"{name} is set")


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}])
def test_without_a_display_it_is_headless_and_says_so(environ):
    display = choose_display("auto", environ, nothing_on_the_path)
    assert display.headless
    assert "no display" in display.why


def test_headless_can_be_asked_for_where_there_is_a_display():
    assert choose_display("true", {"DISPLAY": ":0"}, nothing_on_the_path).headless


@pytest.mark.parametrize("installed", [None, "/usr/bin/xvfb-run"])
def test_a_window_without_a_display_is_refused_with_the_remedies(installed):
    with pytest.raises(StartError, match="no display") as caught:
        choose_display("false", {}, lambda _name: installed)
    assert caught.value.code == "no_display"
    assert "browsers.headless to auto" in caught.value.hint
    assert "xvfb-run" in caught.value.hint
    assert ("install xvfb" in caught.value.hint) == (installed is None)


@pytest.mark.parametrize(
    ("setting", "euid", "in_container", "allowed"),
    [
        ("auto", 1000, False, True),
        ("auto", 0, False, False),
        ("auto", 1000, True, False),
        ("on", 0, True, True),
        ("off", 1000, False, False),
    ],
)
def test_the_sandbox_is_left_off_only_where_it_cannot_work(setting, euid, in_container, allowed):
    sandbox = sandbox_allowed(setting, euid, in_container=in_container)
    assert sandbox.allowed is allowed
    assert sandbox.why


def test_the_browser_is_started_on_a_pipe_that_nobody_else_can_reach():
    command = launch_command(
        Browser("/bin/chromium", ""),
        Display(headless=True, why=""),
        Sandbox(allowed=False, why=""),
        extra_args=["--mine"],
    )

    assert command[0] == "/bin/chromium"
    assert command[-1] == "--mine"
    assert {"--remote-debugging-pipe", "--headless", "--no-sandbox"} <= set(command)
    assert not any(word.startswith("--remote-debugging-port") for word in command)
    assert "--disable-renderer-backgrounding" in command


def test_a_browser_with_a_window_keeps_its_sandbox():
    command = launch_command(Browser("/b", ""), Display(False, ""), Sandbox(True, ""))

    assert "--headless" not in command
    assert "--no-sandbox" not in command


def test_nothing_hides_that_a_program_drives_the_browser():
    command = launch_command(Browser("/b", ""), Display(False, ""), Sandbox(True, ""))

    assert "--enable-automation" in command
    assert "AutomationControlled" not in str(command)
    assert "user-agent" not in str(command)


@pytest.mark.parametrize(
    ("environ", "platform", "cache"),
    [
        ({}, "linux", "/h/.cache/ms-playwright"),
        ({"XDG_CACHE_HOME": "/c"}, "linux", "/c/ms-playwright"),
        ({"PLAYWRIGHT_BROWSERS_PATH": "/p"}, "linux", "/p"),
        ({"PLAYWRIGHT_BROWSERS_PATH": "0"}, "linux", "/h/.cache/ms-playwright"),
        ({}, "darwin", "/h/Library/Caches/ms-playwright"),
    ],
)
def test_the_cache_of_playwright_is_where_playwright_puts_it(environ, platform, cache):
    assert playwright_caches(environ, platform, Path("/h")) == (Path(cache),)


def test_the_newest_build_is_taken_by_number_not_by_name():
    builds = [
        Path(f"/c/chromium-{number}/chrome-linux64/{name}")
        for number in (99, 1200)
        for name in ("chrome", "chrome_crashpad_handler", "locales")
    ]
    assert newest_build(builds) == Path("/c/chromium-1200/chrome-linux64/chrome")
    assert newest_build([]) is None


@pytest.mark.parametrize("name", ["Chromium", "Google Chrome for Testing"])
def test_on_a_mac_the_executable_is_inside_the_application(name):
    app = Path(f"/c/chromium-1200/chrome-mac/{name}.app")
    assert newest_build([app]) == app / "Contents" / "MacOS" / name


@pytest.mark.parametrize(
    ("marks", "inside"), [((), False), (("/.dockerenv",), True), (("/run/.containerenv",), True)]
)
def test_a_container_is_known_by_its_mark(marks, inside):
    assert runs_in_container(exists=lambda file: str(file) in marks) is inside
