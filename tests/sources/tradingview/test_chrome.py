"""A real browser on a pipe: it starts, it answers, it ends with everything that it brought."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from cryptostream.errors import SourceError, StartError
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.tradingview.chrome import Chrome
from cryptostream.sources.tradingview.engine import command_of, new_context
from cryptostream.sources.tradingview.tab import Tab
from tests.integration.conftest import cmdline
from tests.local_market import DEADLINE, local_config, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptostream.config.settings import Config

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("require_browser", "no_orphans")]


@pytest.fixture
def config(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Config:
    return local_config(free_ports(2), tmp_path)


@pytest.fixture
def command(config: Config) -> list[str]:
    return command_of(config)


async def test_a_browser_starts_answers_and_ends(command: list[str], tmp_path: Path) -> None:
    chrome = Chrome(tmp_path / "profile")
    await chrome.start(command, DEADLINE)
    pid = chrome.pid
    assert pid is not None
    assert b"HeadlessChrome" in bytes(await chrome.connection.send("Browser.getVersion"))

    await chrome.stop()

    assert cmdline(pid) == b""
    assert os.listdir(tmp_path) == []


async def test_a_killed_browser_is_noticed_at_once(command: list[str], tmp_path: Path) -> None:
    chrome = Chrome(tmp_path / "profile")
    await chrome.start(command, DEADLINE)

    os.kill(chrome.pid, signal.SIGKILL)

    async with asyncio.timeout(DEADLINE):
        await chrome.connection.gone.wait()
    with pytest.raises(SourceError):
        await chrome.connection.send("Browser.getVersion")
    await chrome.stop()


async def test_a_stopped_browser_is_killed_with_all_its_processes(
    command: list[str], tmp_path: Path
) -> None:
    chrome = Chrome(tmp_path / "profile")
    await chrome.start(command, DEADLINE)
    os.kill(chrome.pid, signal.SIGSTOP)

    await chrome.stop()

    assert cmdline(chrome.pid) == b""


async def test_a_program_that_is_no_browser_is_refused_in_its_own_words(tmp_path: Path) -> None:
    chrome = Chrome(tmp_path / "profile")

    with pytest.raises(StartError, match="no such thing") as failure:
        await chrome.start(["/bin/sh", "-c", "echo no such thing >&2; exit 1"], DEADLINE)

    assert failure.value.code == "browser_start"


async def test_a_tab_goes_to_a_page_calls_the_binding_and_sees_the_frames(
    config: Config, command: list[str], tmp_path: Path
) -> None:
    chrome, bound, frames, broken = Chrome(tmp_path / "profile"), [], [], []
    async with SimServer(SimSettings(port=0, heavy=False)) as sim:
        await chrome.start(command, DEADLINE)
        try:
            context = await new_context(chrome.connection, config)
            tab = Tab(chrome.connection, context, lambda code, text: broken.append((code, text)))
            await tab.open(locale="en-US", timezone="UTC")
            tab.on_binding("__call", bound.append)
            tab.on_frame(frames.append)
            await tab.prepare("__call", ["__call('before the page')"], ["*/ads/*"])
            address = f"{sim.url}/symbols/BTCUSDT/?exchange=BINANCE"
            await tab.navigate(address, "BINANCE:BTCUSDT", DEADLINE)
            await until(lambda: bound and any("BTCUSDT" in frame for frame in frames))
            assert bound[0] == "before the page"

            with pytest.raises(SourceError) as missing:
                await tab.navigate(f"{sim.url}/symbols/NOSUCH/", "BINANCE:NOSUCH", DEADLINE)
            assert missing.value.code == "not_found"
            with pytest.raises(SourceError) as nowhere:
                await tab.navigate("http://127.0.0.1:1/", "BINANCE:BTCUSDT", DEADLINE)
            assert nowhere.value.code == "unreachable"

            await tab.close()
            await tab.close()
            assert broken == []
        finally:
            await chrome.stop()
