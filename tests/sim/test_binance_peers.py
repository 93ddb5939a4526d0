"""Clients that others wrote, on the Binance replica: what they read is what the market did."""

import asyncio
import importlib.util
import json
import os
import sys
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

BTC = "BINANCE:BTCUSDT"
DEADLINE_S = 30
REMEDIES = {"ccxt": 'pip install -e ".[dev]"', "cryptofeed": 'pip install -e ".[peers]"'}


def require(library):
    """Skip at home, and fail in CI, when a library is not there."""
    if importlib.util.find_spec(library) is None:
        said = f"{library} is not installed: {REMEDIES[library]}"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)


class Witness:
    """What the market really did, by trade id."""

    def __init__(self, market):
        self.trades = {}
        self.books = set()
        self._stop = market.watch(BTC, self._on_change)

    def _on_change(self, change):
        done, quote = change.trade, change.quote
        self.books.add((Decimal(quote.bid) / 100, Decimal(quote.ask) / 100))
        if done is not None:
            side = "sell" if done.buyer_is_maker else "buy"
            price, amount = Decimal(done.price) / 100, Decimal(done.quantity) / 10**6
            self.trades[str(done.number)] = (side, price, amount)


@pytest.fixture
async def live():
    """A market that moves by itself, and a witness of it."""
    settings = SimSettings(port=0, market="random", rate=20, heavy=False)
    async with SimServer(settings) as server:
        yield server, Witness(server.market)


async def test_ccxt_sees_the_trades_and_tickers_of_the_market(live):
    require("ccxt")
    from ccxt import pro  # noqa: PLC0415  a hundred exchanges: only when they are there

    server, witness = live
    exchange = pro.binance({"options": {"fetchMarkets": {"types": ["spot"]}}})
    exchange.urls["api"]["public"] = f"{server.url}/api/v3"
    exchange.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{server.port}/ws"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(exchange.close)
        async with asyncio.timeout(DEADLINE_S):
            trades = [trade for _ in range(5) for trade in await exchange.watch_trades("BTC/USDT")]
            books = [await exchange.watch_bids_asks(["BTC/USDT"]) for _ in range(3)]
            ticker = await exchange.watch_ticker("BTC/USDT", {"name": "ticker"})
            polled = await exchange.fetch_ticker("BTC/USDT")
        market = exchange.market("BTC/USDT")
    assert len(trades) >= 5
    assert {trade["id"]: described(trade) for trade in trades}.items() <= witness.trades.items()
    seen = [book["BTC/USDT"]["info"] for book in books]
    assert {(Decimal(book["b"]), Decimal(book["a"])) for book in seen} <= witness.books
    prices = {price for _, price, _ in witness.trades.values()}
    assert {
        Decimal(found["info"][key]) for found, key in ((ticker, "c"), (polled, "lastPrice"))
    } <= (prices)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.01, 1e-06)
    assert exchange.markets["LUNC/USDT"]["active"] is False


def described(trade):
    return trade["side"], Decimal(trade["info"]["p"]), Decimal(trade["info"]["q"])


async def test_cryptofeed_sees_the_trades_and_tickers_of_the_market(live, no_orphans):
    require("cryptofeed")
    server, witness = live
    program = Path(__file__).with_name("cryptofeed_client.py")
    client = await asyncio.create_subprocess_exec(
        sys.executable, program, f"127.0.0.1:{server.port}", stdout=asyncio.subprocess.PIPE
    )
    found = []
    try:
        async with asyncio.timeout(DEADLINE_S):
            while len([f for f in found if f["kind"] == "trade"]) < 5:
                line = await client.stdout.readline()
                assert line, "it ended"
                found.append(json.loads(line))
    finally:
        client.kill()
        await client.communicate()
    trades = {
        f["id"]: (f["side"], Decimal(f["price"]), Decimal(f["amount"]))
        for f in found
        if f["kind"] == "trade"
    }
    books = {(Decimal(f["bid"]), Decimal(f["ask"])) for f in found if f["kind"] == "ticker"}
    assert trades.items() <= witness.trades.items()
    assert books
    assert books <= witness.books
    assert {f["symbol"] for f in found} == {"BTC-USDT"}
