"""The table of markets: loaded once, handed on, and never believed when it is empty."""

import asyncio
import threading

import pytest

from cryptostream.config.ccxt import Ccxt
from cryptostream.errors import SourceError
from cryptostream.sources.ccxt import table
from cryptostream.sources.ccxt.library import build
from cryptostream.sources.ccxt.table import loaded, table_of
from tests.local_market import until
from tests.sources.ccxt.conftest import kraken_urls


@pytest.fixture
def settings(sim):
    return Ccxt(urls=kraken_urls(sim.url), timeout=1.0)


async def test_the_table_says_what_there_is_and_whether_it_is_simulated(settings):
    found = await table_of("kraken", settings, None)
    assert found.tickers["BTCUSD"].market == "BTC/USD"
    assert found.simulated
    assert found.exchange.session is None


async def test_a_new_connection_takes_the_table_over(sim, settings, monkeypatch):
    found = await table_of("kraken", settings, None)
    sim.faults.set("kraken_503")
    assert await table_of("kraken", settings, found) is found
    exchange = await asyncio.to_thread(build, "kraken", settings)
    found.hand_to(exchange)
    await exchange.load_markets()
    assert exchange.market("ETH/EUR")["id"] == "XETHZEUR"
    assert exchange.session is None
    monkeypatch.setattr(table, "_OLD", 0.0)
    with pytest.raises(SourceError) as caught:
        await table_of("kraken", settings, found)
    assert caught.value.code == "unreachable"


async def test_it_can_be_loaded_again(sim, settings):
    assert (await loaded("kraken", settings)).tickers["DOGEUSD"].active
    sim.faults.set("kraken_halted", "KRAKEN:DOGEUSD")
    assert not (await loaded("kraken", settings)).tickers["DOGEUSD"].active


async def test_an_empty_table_is_an_answer_that_could_not_be_read(sim, settings):
    sim.faults.set("kraken_malformed")
    with pytest.raises(SourceError) as caught:
        await table_of("kraken", settings, None)
    assert (caught.value.code, caught.value.retriable) == ("malformed", True)


async def test_the_loop_is_not_held_up_while_markets_are_computed(bazaar):
    """The exchange computes until our own loop has moved: in one loop that would be for ever."""
    moved, computing = threading.Event(), threading.Event()

    def busy(self, *_):
        computing.set()
        while not moved.is_set():
            pass

    bazaar.set_markets = busy
    loading = asyncio.create_task(loaded("bazaar", Ccxt()))
    await until(computing.is_set)
    moved.set()
    with pytest.raises(SourceError, match="gave no spot markets"):
        await loading


async def test_an_exchange_that_takes_its_time_is_not_waited_for(bazaar, monkeypatch):
    async def never(self, *_):
        await asyncio.get_running_loop().create_future()

    bazaar.fetch_markets = never
    monkeypatch.setattr(table, "_CALLS", 0.1)
    with pytest.raises(SourceError, match="in time") as caught:
        await loaded("bazaar", Ccxt(timeout=1.0))
    assert caught.value.code == "unreachable"
