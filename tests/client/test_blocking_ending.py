"""The blocking client and Ctrl-C: wherever it falls, nothing stays open and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from cryptostream.client import connect
from cryptostream.errors import ConfigError, NotConnected
from cryptostream.records import Tick
from tests.local_market import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.client.blocking import Client


class CtrlC:
    """Press Ctrl-C once, as soon as something is the case in the client's own thread."""

    def __init__(self, cs: Client, when: Callable[[], bool]) -> None:
        self._cs, self._when = cs, when
        self._main = threading.main_thread().ident
        cs._loop.call_soon(self._look)

    def _look(self) -> None:
        if self._when():
            signal.pthread_kill(self._main, signal.SIGINT)
        else:
            self._cs._loop.call_later(0.001, self._look)


def assert_all_closed(cs: Client) -> None:
    assert cs._gone.wait(DEADLINE)
    cs._thread.join(DEADLINE)
    assert not cs._thread.is_alive()
    assert cs._loop.is_closed()
    assert cs._client._sockets._readers == []
    assert cs._client._sockets._context.closed


def test_ctrl_c_while_no_daemon_answers_leaves_nothing_open(free_ports):
    control, data = free_ports(2)
    cs = connect(f"tcp://127.0.0.1:{control}", f"tcp://127.0.0.1:{data}")
    CtrlC(cs, lambda: any(one.get_name() == "cryptostream client" for one in asyncio.all_tasks()))

    with pytest.raises(KeyboardInterrupt):
        cs.__enter__()

    assert_all_closed(cs)


def test_ctrl_c_while_closing_still_ends_thread_and_loop(background):
    cs = background.connect().__enter__()
    CtrlC(cs, lambda: cs._client._sockets._control is None)
    pressed = threading.Event()
    end = cs._client._sockets.end
    cs._client._sockets.end = lambda: (pressed.wait(DEADLINE), end())

    with pytest.raises(KeyboardInterrupt):
        cs.__exit__(None, None, None)

    pressed.set()
    assert_all_closed(cs)


def test_a_mistyped_address_is_an_error_with_its_remedy_and_leaves_nothing_open():
    cs = connect("127.0.0.1:7700")

    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:7700"):
        cs.__enter__()

    assert_all_closed(cs)


def test_a_closed_client_says_so(background):
    with background.connect() as cs:
        pass

    with pytest.raises(NotConnected, match="closed"):
        cs.tickers()
    with pytest.raises(NotConnected, match="closed"):
        next(cs.events())
    cs.__exit__(None, None, None)  # again is no error


def test_ctrl_c_while_a_batch_is_fetched_loses_nothing(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        background.ticks("1", "2", "3")
        while cs.statistics().received < 4:
            cs.tickers()

        call = cs._call

        def interrupted(work, within):
            call(work, within)  # the batch has come, and Ctrl-C with it
            raise KeyboardInterrupt

        cs._call = interrupted
        with pytest.raises(KeyboardInterrupt):
            next(cs.events())
        cs._call = call

        seen = [item.last for item in cs.events(within=0.3) if isinstance(item, Tick)]
        assert seen == [1, 2, 3]
