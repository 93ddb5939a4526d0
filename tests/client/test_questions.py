"""The questions of a client, asked of a real router."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.records import Tick
from tests.local_market import local_market, take, until

if TYPE_CHECKING:
    from cryptostream.config.settings import Config

BTC = "BINANCE:BTCUSDT"


def is_tick(item: object) -> bool:
    return isinstance(item, Tick)


async def test_history_search_list_status_and_why_answer(config: Config) -> None:
    async with local_market(config) as market, market.client() as cs:
        await cs.connected()
        await cs.subscribe("BTCUSDT")
        await until(lambda: BTC in market.source.states)
        for price in ("1", "2", "3"):
            market.source.tick(BTC, price)
        await take(cs, lambda item: is_tick(item) and item.last == 3)

        assert [tick.last for tick in await cs.history("BTCUSDT", 2)] == [2, 3]
        assert [row.symbol for row in await cs.search("eth")] == ["BINANCE:ETH"]
        (row,) = await cs.tickers()
        assert (row["symbol"], row["phase"], row["seq"]) == (BTC, "live", 3)
        status = await cs.daemon_status()
        assert status["workers"][0]["worker"] == "driven-0"
        chain = (await cs.why("BTCUSDT"))["chain"]
        hops = ["directory", "clients", "router", "tradingview", "second", "tape"]
        assert [hop["hop"] for hop in chain] == hops
