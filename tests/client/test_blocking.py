"""The blocking client, in a program without an event loop of its own."""

from __future__ import annotations

import asyncio
import time

import pytest

from cryptostream.client import connect
from cryptostream.errors import NotConnected, UnknownSymbol
from cryptostream.records import Status, Tick
from tests.local_market import until

BTC = "BINANCE:BTCUSDT"


def test_a_stream_yields_ticks(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        background.ticks("1", "2", "3")

        stream = cs.stream("BTCUSDT")
        assert [next(stream).last for _ in range(3)] == [1, 2, 3]


def test_what_an_ended_loop_leaves_behind_is_there_for_the_next_one(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        background.ticks("1", "2", "3", "4")

        seen = []
        for _ in range(4):
            for tick in cs.stream("BTCUSDT"):
                seen.append(tick.last)
                break
        assert seen == [1, 2, 3, 4]


def test_events_end_after_a_silence(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        background.ticks("1")

        items = list(cs.events(within=1.0))

        assert any(isinstance(item, Tick) for item in items)
        assert any(isinstance(item, Status) for item in items)
        assert cs.status[BTC].code == "ok"


def test_what_comes_just_before_the_silence_would_be_long_enough_is_yielded(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        list(cs.events(within=1.0))
        batch = cs._batch

        async def just_in_time(pause):
            """The tick comes while the wait that would be the last one goes on."""
            await asyncio.wrap_future(
                asyncio.get_running_loop().run_in_executor(None, background.ticks, "1")
            )
            await until(lambda: cs._client.statistics().length > 0)
            return await batch(pause)

        cs._batch = just_in_time
        events = cs.events(within=0.2)
        ticks = []
        for item in events:
            cs._batch = batch
            ticks += [item.last] if isinstance(item, Tick) else []
        assert ticks == [1]


def test_a_silence_is_not_over_before_its_time(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        waits = []
        batch = cs._batch

        def counted(pause):
            waits.append(pause)
            return batch(pause)

        cs._batch = counted
        background.ticks("1", "2")
        last = None
        for _item in cs.events(within=0.4):
            last = time.monotonic()
        assert last is not None
        assert time.monotonic() - last >= 0.4
        assert max(waits) <= 0.5


def test_the_statuses_are_a_copy_of_their_own(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        list(cs.events(within=0.3))
        mine = cs.status
        mine.clear()
        assert [*cs.status] == [BTC]


def test_a_bad_ticker_raises_with_its_suggestions(background):
    with background.connect() as cs, pytest.raises(UnknownSymbol) as refusal:
        next(cs.stream("NOSUCH"))

    assert refusal.value.suggestions == ("BINANCE:NOW",)


def test_requests_answer(background):
    with background.connect() as cs:
        cs.subscribe("BTCUSDT")
        background.ticks("1", "2")
        stream = cs.stream("BTCUSDT")
        assert [next(stream).last for _ in range(2)] == [1, 2]

        assert [tick.last for tick in cs.history("BTCUSDT")] == [1, 2]
        assert [row.symbol for row in cs.search("eth")] == ["BINANCE:ETH"]
        assert [row["symbol"] for row in cs.tickers()] == [BTC]
        assert cs.daemon_status()["workers"]
        assert cs.why("BTCUSDT")["symbol"] == BTC
        cs.unsubscribe("BTCUSDT")
        assert cs.statistics().dropped == 0
        assert cs.gaps == 0


def test_without_a_daemon_the_remedy_is_named(free_ports):
    control, data = free_ports(2)

    with pytest.raises(NotConnected, match="no daemon answers"):
        connect(f"tcp://127.0.0.1:{control}", f"tcp://127.0.0.1:{data}").__enter__()


def test_a_client_that_is_not_open_says_so():
    client = connect()
    with pytest.raises(NotConnected, match="not open"):
        client.subscribe("BTCUSDT")
    client._loop.close()
