"""Which Chromium is started, and with which options: decisions, with the probes passed in.

The browser is driven openly: nothing here hides that a program is at the wheel.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptostream.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Which = Callable[[str], str | None]
    Exists = Callable[[Path], bool]

_ARGS = (
    "--disable-quic",  # so that every connection can be seen and bounded in one place
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB; a full one kills pages
    # All pages but one are in the background, and every one of them must stay fast.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-hang-monitor",  # a hung page is found and replaced by its own actor
    "--disable-prompt-on-repost",
    "--mute-audio",
    "--lang=en-US",
    "--password-store=basic",
    "--use-mock-keychain",
)

# Where Google Chrome and Edge install themselves.
_CHANNELS: Mapping[str, tuple[str, ...]] = {
    "chrome": (
        "/opt/google/chrome/chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "msedge": (
        "/opt/microsoft/msedge/msedge",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
}

# What Playwright's archives hold: a file on Linux, an application on a Mac (two names by age).
_BUILDS = ("chrome", "Chromium.app", "Google Chrome for Testing.app")


class Browser(NamedTuple):
    """The executable of the browser to start; ``why`` is for people."""

    path: str
    why: str


class Display(NamedTuple):
    """Whether the browser has a window, and why."""

    headless: bool
    why: str


class Sandbox(NamedTuple):
    """Whether Chromium's own sandbox is used, and why."""

    allowed: bool
    why: str


def find_browser(
    path_setting: str, *, exists: Exists, which: Which, playwright_path: Path | None
) -> Browser:
    """Return the browser to start: the one that is set, or the first that is installed.

    Raises:
        StartError: there is none (``no_browser``).

    """
    if path_setting:
        return _configured(path_setting, exists, which)
    if playwright_path is not None and exists(playwright_path):
        return Browser(str(playwright_path), "Playwright's own build")
    found = (
        _channel("chrome", exists)
        or _command(("chromium", "chromium-browser"), which)
        or _channel("msedge", exists)
    )
    if found is None:
        raise StartError(
            "no browser found",
            code="no_browser",
            hint="install one (apt-get install chromium, or Google Chrome), "
            "or `pip install playwright && playwright install chromium`, or set browsers.path",
        )
    return found


def choose_display(headless_setting: str, environ: Mapping[str, str], which: Which) -> Display:
    """Return whether the browser has a window; ``headless_setting`` is auto, true or false.

    Raises:
        StartError: a window is asked for where there is no display (``no_display``).

    """
    if headless_setting == "true":
        return Display(headless=True, why="browsers.headless is true")
    screen = next((name for name in ("DISPLAY", "WAYLAND_DISPLAY") if environ.get(name)), None)
    if screen is not None:
        return Display(headless=False, why=f"{screen} is set")
    if headless_setting == "false":
        remedy = (
            "set browsers.headless to auto, or start the daemon with `xvfb-run -a`"
            if which("xvfb-run")
            else "set browsers.headless to auto, or install xvfb and start it with `xvfb-run -a`"
        )
        raise StartError(
            "browsers.headless is false, but there is no display", code="no_display", hint=remedy
        )
    return Display(headless=True, why="no display: DISPLAY and WAYLAND_DISPLAY are unset")


def sandbox_allowed(setting: str, euid: int, *, in_container: bool) -> Sandbox:
    """Return whether Chromium may use its sandbox; ``setting`` is auto, on or off."""
    if setting != "auto":
        return Sandbox(setting == "on", f"browsers.sandbox is {setting}")
    if euid == 0:
        return Sandbox(allowed=False, why="Chromium refuses its sandbox to root")
    if in_container:
        return Sandbox(allowed=False, why="containers forbid the namespaces that it needs")
    return Sandbox(allowed=True, why="an ordinary user outside containers")


def launch_command(
    browser: Browser, display: Display, sandbox: Sandbox, *, extra_args: Iterable[str] = ()
) -> list[str]:
    """Return the command line that starts the browser on a pipe."""
    return [
        browser.path,
        "--remote-debugging-pipe",
        # Pages may know that a program is at the wheel: navigator.webdriver says so.
        "--enable-automation",
        *(("--headless",) if display.headless else ()),
        *(() if sandbox.allowed else ("--no-sandbox",)),
        *_ARGS,
        *extra_args,
    ]


def playwright_executable() -> Path | None:
    """Return the newest Chromium that Playwright installed, without starting Playwright.

    Asking Playwright itself would start its driver, which takes 0.3 s.
    """
    roots = playwright_caches(os.environ, sys.platform, Path.home())
    return newest_build(build for root in roots for build in root.glob("chromium-*/*/*"))


def playwright_caches(environ: Mapping[str, str], platform: str, home: Path) -> tuple[Path, ...]:
    """Return the directories that Playwright installs browsers into."""
    chosen = environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    # "0" means: inside the installed package, which differs by version and is rarely used.
    if chosen and chosen != "0":
        return (Path(chosen),)
    if platform == "darwin":
        return (home / "Library" / "Caches" / "ms-playwright",)
    base = environ.get("XDG_CACHE_HOME", "")
    return ((Path(base) if base else home / ".cache") / "ms-playwright",)


def newest_build(files: Iterable[Path]) -> Path | None:
    """Return the executable of the highest build among ``chromium-<build>/<platform>/<file>``."""
    newest = max((file for file in files if file.name in _BUILDS), key=_build_number, default=None)
    if newest is not None and newest.suffix == ".app":
        return newest / "Contents" / "MacOS" / newest.stem
    return newest


def runs_in_container(exists: Exists = Path.exists) -> bool:
    """Tell whether Docker or Podman left its mark in the root of the file system."""
    return any(exists(Path(mark)) for mark in ("/.dockerenv", "/run/.containerenv"))


def _configured(path: str, exists: Exists, which: Which) -> Browser:
    file: str | None = str(Path(path).expanduser())
    if "/" not in path:
        file = which(path)
    if not file or not exists(Path(file)):
        raise StartError(
            f"browsers.path names {path}, which is not there",
            code="no_browser",
            hint="correct browsers.path, or leave it empty to have one found",
        )
    return Browser(file, "browsers.path")


def _channel(name: Literal["chrome", "msedge"], exists: Exists) -> Browser | None:
    place = next((place for place in _CHANNELS[name] if exists(Path(place))), None)
    return Browser(place, f"{name} is installed") if place else None


def _command(names: Iterable[str], which: Which) -> Browser | None:
    for name in names:
        path = which(name)
        if path:
            return Browser(path, f"{name} on the PATH")
    return None


def _build_number(executable: Path) -> int:
    number = executable.parent.parent.name.removeprefix("chromium-")
    return int(number) if number.isdigit() else 0
