"""The machine that a table was measured on, without its name."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import zmq

from cryptostream.config import load
from cryptostream.sources.tradingview.chromium import (
    Browser,
    find_browser,
    playwright_executable,
)


def load_average() -> float:
    """Return the load of the last minute."""
    return os.getloadavg()[0]


def browser() -> Browser:
    """Return the browser that the daemon would start.

    Raises:
        StartError: there is none.

    """
    return find_browser(
        load().config.browsers.path,
        exists=Path.exists,
        which=shutil.which,
        playwright_path=playwright_executable(),
    )


def described() -> list[tuple[str, str]]:
    """Return what matters of the machine, as pairs."""
    return [
        ("processor", f"{_cpu_model()}, {os.cpu_count()} cores (shared with other work)"),
        ("memory", f"{_memory_gib():.0f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("Python", platform.python_version()),
        ("browser", f"{_browser_version()}, headless"),
        ("pyzmq / libzmq", f"{zmq.__version__} / {zmq.zmq_version()}"),
        ("Playwright", version("playwright")),
    ]


def _cpu_model() -> str:
    for line in _lines("/proc/cpuinfo"):
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _memory_gib() -> float:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) / 1024**2
    return 0.0


def _browser_version() -> str:
    path = browser().path
    if path is None:
        return "Google Chrome or Edge"
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return " ".join(answer.stdout.split()[:2]) or "unknown"


def _lines(path: str) -> list[str]:
    place = Path(path)
    return place.read_text("utf-8").splitlines() if place.exists() else []
