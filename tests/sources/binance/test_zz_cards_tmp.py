import pytest
from cryptostream.sources.cards import CARDS, Adapter, NotApplicable
from cryptostream.config.settings import Config
from cryptostream.sources.binance.kind import KIND
from tests.sources.binance.conftest import addresses, market

@pytest.mark.parametrize("card", CARDS)
async def test_card(card):
    async with market(market="random", rate=20.0) as sim:
        async def lose(): sim.faults.set("binance_drop")
        async def mute(): sim.faults.set("binance_half_open")
        async def clear(): sim.faults.clear()
        async def refuse():
            sim.faults.set("binance_refuse", status=429, retry_after=1)
            sim.faults.set("binance_rest_429", retry_after=1)
        async def down():
            sim.faults.set("binance_refuse", status=503); sim.faults.set("binance_rest_500")
        config=Config.from_dict({"sources":{"binance":addresses(sim)}})
        a=Adapter(kind=KIND,config=config,symbols=("BINANCE:BTCUSDT","BINANCE:ETHUSDT"),unknown="BINANCE:NOPEUSDT",lose=lose,mute=(mute,clear),refuse=(refuse,clear),down=(down,clear))
        await CARDS[card](a)
