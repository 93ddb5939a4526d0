"""The Python examples do what they say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.usefixtures("no_orphans")]

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"
# Nothing here takes long on a quiet machine; a busy one gets its time (s).
PATIENCE = 60.0
LONGEST_EXAMPLE = 40


def run(name: str, *arguments: str, **environment: str) -> list[str]:
    """Return the lines that an example prints until its own end."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def lines_of() -> Iterator[Callable[..., Iterator[str]]]:
    """Return a function that starts an example and yields its lines; it is ended by the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(name: str, *arguments: str) -> Iterator[str]:
        child = subprocess.Popen(
            [sys.executable, EXAMPLES / name, *arguments], stdout=subprocess.PIPE, text=True
        )
        started.append(child)
        assert child.stdout is not None
        return iter(child.stdout.readline, "")

    yield begin
    for child in started:
        with child:
            child.kill()


def test_watch_prices_prints_labelled_prices_of_both_tickers(start: Callable[..., Market]) -> None:
    daemon = start().daemon
    with daemon.connect() as cs:
        # Both pages are live: the count must not be full before the slower one has begun.
        symbols = {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT"}
        for tick in cs.stream(*symbols):
            symbols.discard(tick.symbol)
            if not symbols:
                break

        lines = run(
            "watch_prices.py", "BTCUSDT", "ethusdt", "--count", "12",
            "--control", daemon.control, "--data", daemon.data,
        )  # fmt: skip

    assert len(lines) == 12
    assert {line.split()[0] for line in lines} == {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT"}
    assert all(re.search(r" [0-9]+\.[0-9]+ .*simulated$", line) for line in lines)


def test_embed_daemon_runs_a_daemon_and_ends_it(
    require_browser: object, free_ports: Callable[[int], list[int]], tmp_path: Path
) -> None:
    control, data, sim, gateway = free_ports(4)

    lines = run(
        "embed_daemon.py",
        CRYPTOSTREAM_INSTANCE=f"t{control}",
        CRYPTOSTREAM_RUNTIME_DIR=str(tmp_path),
        CRYPTOSTREAM_ROUTER__CONTROL=f"tcp://127.0.0.1:{control}",
        CRYPTOSTREAM_ROUTER__DATA=f"tcp://127.0.0.1:{data}",
        CRYPTOSTREAM_SIM__PORT=str(sim),
        CRYPTOSTREAM_SIM__HEAVY="false",
        CRYPTOSTREAM_GATEWAY__PORT=str(gateway),
    )

    assert lines[0] == f"serving at tcp://127.0.0.1:{control} and tcp://127.0.0.1:{data}"
    assert re.fullmatch(r"20 prices from [0-9.]+ to [0-9.]+, 0 gaps", lines[1])


def test_async_gaps_tells_the_hole_that_a_killed_router_leaves(
    start: Callable[..., Market], lines_of: Callable[..., Iterator[str]]
) -> None:
    market = start()
    lines = lines_of("async_gaps.py", market.daemon.control, market.daemon.data, "BTCUSDT")
    next(line for line in lines if line.startswith("tick BINANCE:BTCUSDT "))

    os.kill(market.pid("router"), signal.SIGKILL)

    gap = next(line for line in lines if line.startswith("gap tick/"))
    assert gap.endswith(": new_epoch\n")
    next(line for line in lines if line.startswith("tick BINANCE:BTCUSDT "))


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.name)
def test_an_example_fits_on_a_screen(example: Path) -> None:
    assert len(example.read_text(encoding="utf-8").splitlines()) <= LONGEST_EXAMPLE
