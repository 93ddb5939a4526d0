"""When a connection is given up although nothing is wrong with it."""

from cryptostream.records import Tick
from cryptostream.sources.ccxt import life
from cryptostream.wire.hop import PageState
from tests.local_market import until
from tests.sources.ccxt.conftest import BTC, DOGE, ETH


def live(source):
    """Return the symbols that are live now."""
    return {report.symbol for report in source.reports() if report.state is PageState.LIVE}


async def test_an_exchange_that_nobody_wants_is_left(running, outlet, monkeypatch):
    monkeypatch.setattr(life, "LINGER", 0.1)
    async with running() as source:
        await source.open(BTC, 1)
        await outlet.take(Tick)
        await source.close(BTC, 1)
        await until(lambda: not source.describe()["connected"])
        await source.open(BTC, 2)
        await outlet.state(PageState.LIVE)
        assert source.describe()["connections"] == 2


async def test_markets_that_nobody_wants_any_more_are_dropped_in_time(running, outlet, monkeypatch):
    monkeypatch.setattr(life, "WASTE", 1)
    async with running() as source:
        for number, symbol in enumerate((BTC, ETH, DOGE)):
            await source.open(symbol, number)
        await until(lambda: len(live(source)) == 3)
        await source.close(ETH, 1)
        await source.close(DOGE, 2)
        renewed = await outlet.state(PageState.STALE, "renewed")
        assert renewed.symbol == BTC
        await outlet.state(PageState.LIVE, symbol=BTC)
        assert source.describe()["connections"] == 2
        assert source.describe()["failed"] == 0
