"""The table of markets: loaded once, handed on, and never believed when it is empty."""

import asyncio

import pytest

from cryptostream.config.ccxt import Ccxt
from cryptostream.errors import SourceError
from cryptostream.sources.ccxt import table
from cryptostream.sources.ccxt.library import build, close
from cryptostream.sources.ccxt.table import loaded, table_of
from tests.sources.ccxt.conftest import kraken_urls


@pytest.fixture
async def kraken(sim):
    """Return a function that makes one exchange after the other, all closed at the end."""
    settings = Ccxt(urls=kraken_urls(sim.url), timeout=1.0)
    made = []

    async def make():
        loop = asyncio.get_running_loop()
        made.append(await asyncio.to_thread(build, "kraken", settings, loop))
        return made[-1], settings

    yield make
    for exchange in made:
        await close(exchange)


async def test_the_table_says_what_there_is_and_whether_it_is_simulated(kraken):
    found = await table_of(*await kraken(), None)
    assert found.tickers["BTCUSD"].market == "BTC/USD"
    assert found.simulated


async def test_a_new_connection_takes_the_table_over(sim, kraken, monkeypatch):
    found = await table_of(*await kraken(), None)
    sim.faults.set("kraken_503")
    exchange, settings = await kraken()
    assert await table_of(exchange, settings, found) is found
    assert exchange.market("ETH/EUR")["id"] == "XETHZEUR"
    monkeypatch.setattr(table, "_OLD", 0.0)
    with pytest.raises(SourceError) as caught:
        await table_of(*await kraken(), found)
    assert caught.value.code == "unreachable"


async def test_it_can_be_loaded_again(sim, kraken):
    exchange, settings = await kraken()
    assert (await loaded(exchange, settings)).tickers["DOGEUSD"].active
    sim.faults.set("kraken_halted", "KRAKEN:DOGEUSD")
    assert (await loaded(exchange, settings)).tickers["DOGEUSD"].active
    assert not (await loaded(exchange, settings, again=True)).tickers["DOGEUSD"].active


async def test_an_empty_table_is_an_answer_that_could_not_be_read(sim, kraken):
    sim.faults.set("kraken_malformed")
    with pytest.raises(SourceError) as caught:
        await table_of(*await kraken(), None)
    assert (caught.value.code, caught.value.retriable) == ("malformed", True)


async def test_an_exchange_that_takes_its_time_is_not_waited_for(kraken, monkeypatch):
    monkeypatch.setattr(table, "_CALLS", 0.1)
    exchange, settings = await kraken()
    exchange.fetch_currencies = lambda: asyncio.get_running_loop().create_future()
    with pytest.raises(SourceError, match="in time") as caught:
        await loaded(exchange, settings)
    assert caught.value.code == "unreachable"
