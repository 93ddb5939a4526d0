"""The daemon as a program: how it starts, how it refuses to, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import cmdline, descendants, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.usefixtures("no_orphans")]

PROGRAM = [sys.executable, "-m", "cryptostream"]
# The design's promise for Ctrl-C and SIGTERM, in seconds.
STOP_WITHIN = 5.0


@pytest.fixture
def options(free_ports: Callable[[int], list[int]], tmp_path: Path) -> list[str]:
    """Return the options of a daemon that shares nothing with another on this machine."""
    control, data, sim, gateway = free_ports(4)
    return [
        f"--set=router.control=tcp://127.0.0.1:{control}",
        f"--set=router.data=tcp://127.0.0.1:{data}",
        f"--set=sim.port={sim}",
        f"--set=gateway.port={gateway}",
        f"--set=instance=t{control}",
        f"--set=runtime_dir={tmp_path}",
    ]


@pytest.fixture
def demo(require_browser: object, options: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a demo that prints ticks for ever; it has printed the first one."""
    with subprocess.Popen(
        [*PROGRAM, *options, "demo", "--json", "BTCUSDT"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["symbol"] == "BINANCE:BTCUSDT"
        yield process
        process.kill()


def family(pid: int) -> list[int]:
    return [p for p in descendants(pid) if cmdline(p)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_soon(demo: subprocess.Popen[str], number: signal.Signals) -> None:
    below = family(demo.pid)
    assert any(b"renderer" in cmdline(pid) for pid in below)

    demo.send_signal(number)
    demo.communicate(timeout=STOP_WITHIN)

    assert demo.returncode == 0
    eventually(lambda: not [pid for pid in below if cmdline(pid)], STOP_WITHIN)


def test_a_signal_ends_everything_soon_even_when_all_children_hang(
    demo: subprocess.Popen[str],
) -> None:
    below = family(demo.pid)
    for child in below:
        if b"supervisors.boot" in cmdline(child):
            os.kill(child, signal.SIGSTOP)

    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=STOP_WITHIN)

    eventually(lambda: not [pid for pid in below if cmdline(pid)], STOP_WITHIN)


def test_a_killed_root_leaves_no_process_behind(demo: subprocess.Popen[str]) -> None:
    below = family(demo.pid)
    assert len(below) > 5

    demo.kill()
    demo.wait()

    eventually(lambda: not [pid for pid in below if cmdline(pid)], 15.0)


def test_the_demo_prints_enough_ticks_with_every_field_and_ends_well(
    require_browser: object, options: list[str]
) -> None:
    done = subprocess.run(
        [*PROGRAM, *options, "demo", "--seconds", "20", "--json", "BTCUSDT", "ETHUSDT"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    ticks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ticks) >= 100
    assert {tick["symbol"] for tick in ticks} == {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT"}
    wanted = {
        "symbol",
        "source",
        "method",
        "last",
        "bid",
        "ask",
        "ts_observed",
        "ts_published",
        "epoch",
        "seq",
        "simulated",
    }
    for tick in ticks:
        assert wanted <= tick.keys()
        assert tick["simulated"] is True
    for symbol in ("BINANCE:BTCUSDT", "BINANCE:ETHUSDT"):
        seqs = [tick["seq"] for tick in ticks if tick["symbol"] == symbol]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


EMBEDDED = """
import sys
from cryptostream import Daemon

try:
    with Daemon(dict(pair.split("=", 1) for pair in sys.argv[1:]), simulated=True):
        print("serving", flush=True)
        sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("moment", ["while it starts", "while it serves"])
def test_an_interrupted_program_that_goes_on_has_no_daemon_any_more(
    require_browser: object, options: list[str], moment: str
) -> None:
    settings = [option.removeprefix("--set=") for option in options]
    with subprocess.Popen(
        [sys.executable, "-c", EMBEDDED, *settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        if moment == "while it serves":
            assert program.stdout.readline() == "serving\n"
        else:
            eventually(lambda: any(b"router" in cmdline(pid) for pid in family(program.pid)), 20.0)

        program.send_signal(signal.SIGINT)

        assert program.stdout.readline() == "interrupted\n"
        eventually(lambda: not family(program.pid), STOP_WITHIN)


def refuses(
    options: list[str], *command: str, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run a command that must fail; return its exit code and its one line."""
    done = subprocess.run(
        [*PROGRAM, *options, *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(env or {})},
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("cryptostream: ")
    return done.returncode, last


def test_a_port_in_use_is_one_clear_line(options: list[str]) -> None:
    port = int(options[0].rpartition(":")[2])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        code, line = refuses(options, "up", "--sim")

    assert code == 6
    assert str(port) in line
    assert "choose another" in line


def test_a_sim_port_in_use_is_one_clear_line(options: list[str]) -> None:
    port = int(options[2].rpartition("=")[2])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        code, line = refuses(options, "up", "--sim")

    assert code == 6
    assert str(port) in line


def test_a_second_daemon_of_an_instance_is_one_clear_line(
    demo: subprocess.Popen[str], options: list[str], free_ports: Callable[[int], list[int]]
) -> None:
    control, data, sim = free_ports(3)
    others = [
        f"--set=router.control=tcp://127.0.0.1:{control}",
        f"--set=router.data=tcp://127.0.0.1:{data}",
        f"--set=sim.port={sim}",
        *options[3:],
    ]

    code, line = refuses(others, "up", "--sim")

    assert code == 6
    assert "running already" in line
    assert demo.poll() is None


def test_no_browser_is_one_clear_line(options: list[str]) -> None:
    code, line = refuses([*options, "--set=browsers.path=/no/such/browser"], "up", "--sim")

    assert code == 6
    assert "/no/such/browser" in line


def test_a_browser_that_is_none_is_one_clear_line(options: list[str]) -> None:
    code, line = refuses([*options, "--set=browsers.path=/bin/false"], "up", "--sim")

    assert code == 6
    assert "browser" in line
    assert "doctor" in line


def test_no_display_is_one_clear_line(options: list[str]) -> None:
    code, line = refuses(
        [*options, "--set=browsers.headless=false"],
        "up",
        "--sim",
        env={"DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )

    assert code == 6
    assert "display" in line
    assert "browsers.headless" in line


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ("router.contrl=1", "router.control"),
        ("router.lease=soon", "router.lease"),
        ("router.data=tcp://0.0.0.0:7701", "loopback"),
        ("nonsense", "PATH=VALUE"),
    ],
)
def test_a_broken_setting_is_one_clear_line(setting: str, part: str) -> None:
    code, line = refuses([f"--set={setting}"], "up")

    assert code == 5
    assert part in line


def test_a_broken_file_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[router\n")

    code, line = refuses([f"--config={file}"], "up")

    assert code == 5
    assert "broken.toml" in line


def test_a_misspelt_variable_is_one_clear_line() -> None:
    code, line = refuses([], "up", env={"CRYPTOSTREAM_ROUTER__CONTRL": "tcp://127.0.0.1:1"})

    assert code == 5
    assert "CRYPTOSTREAM_ROUTER__CONTRL" in line


def test_a_client_command_without_a_daemon_names_the_remedy(options: list[str]) -> None:
    code, line = refuses(options, "watch", "BTCUSDT")

    assert code == 3
    assert "cryptostream up" in line
