"""Who wants which ticker as what, and what is reported of it."""

import pytest

from cryptostream.config.binance import Binance
from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.quotes import Counts
from cryptostream.sources.binance.tickers import Tickers
from tests.sources.binance.recording import Recorder
from tests.sources.binance.samples import NOW, trade

BTC = "BINANCE:BTCUSDT"
ONLY = "BINANCE:BTCUSDT@binance"


class Bench:
    def __init__(self):
        self.out = Recorder()
        self.tickers = Tickers(Binance(), self.out, Counts())

    def open(self, symbol, generation=1):
        return self.tickers.open(symbol, generation, 0.0, NOW)

    def look(self, ticker, **changes):
        facts = {"carried": True, "trouble": None, "now": 1.0, "now_ns": NOW} | changes
        return self.tickers.look(ticker, **facts)

    def live(self, *symbols):
        for symbol in symbols:
            ticker = self.open(symbol)
        ticker.quotes.trade(trade(1), NOW)
        self.look(ticker)
        return ticker


@pytest.fixture
async def bench():
    return Bench()


async def test_a_symbol_is_loading_and_then_live(bench):
    ticker = bench.live(BTC)
    assert bench.out.reports() == [("loading", "loading"), ("live", "ok")]
    assert ticker.quotes.settled
    assert bench.out.seen[-1].generation == 1


async def test_the_same_again_is_not_said(bench):
    ticker = bench.live(BTC)
    bench.look(ticker)
    assert len(bench.out.seen) == 2


async def test_two_symbols_of_a_ticker_share_it(bench):
    ticker = bench.live(BTC, ONLY)
    assert (ticker.quotes.symbol, ticker.quotes.also) == (BTC, (ONLY,))
    assert bench.out.reports(ONLY) == [("loading", "loading"), ("live", "ok")]
    assert bench.tickers.close(BTC, 1, NOW) is None
    assert (ticker.quotes.symbol, ticker.quotes.also) == (ONLY, ())
    assert bench.tickers.close(ONLY, 1, NOW) is ticker
    assert bench.tickers.all() == []
    assert bench.out.reports()[-1] == ("closed", "closed")


async def test_a_newer_generation_takes_the_place_of_the_older(bench):
    bench.live(BTC)
    bench.open(BTC, 2)
    assert bench.tickers.close(BTC, 1, NOW) is None
    assert [report.generation for report in bench.tickers.reports()] == [2]


async def test_what_is_not_open_cannot_be_closed(bench):
    assert bench.tickers.close(BTC, 1, NOW) is None


async def test_a_lost_ticker_is_stale_and_its_end_is_the_end_for_all(bench):
    ticker = bench.live(BTC, ONLY)
    ticker.quotes.interrupted()
    assert not bench.look(ticker, carried=False, trouble=Trouble("reconnecting", "cut"))
    assert bench.out.reports(ONLY)[-1] == ("stale", "reconnecting")
    bench.tickers.fail(ticker, Trouble("halted", "x", retry_after=30.0), NOW)
    assert bench.out.reports(BTC)[-1] == bench.out.reports(ONLY)[-1] == ("failed", "halted")
    assert bench.out.seen[-1].retry_after == 30.0
    assert bench.tickers.reports() == []


async def test_a_ticker_without_a_value_fails_in_time(bench):
    ticker = bench.open(BTC)
    assert bench.look(ticker, now=11.0)
    assert bench.out.reports()[-1] == ("failed", "no_price")
    assert bench.tickers.get("BTCUSDT") is None


async def test_reports_say_that_a_market_is_simulated(bench):
    bench.tickers.simulated = True
    bench.open(BTC)
    assert bench.out.seen[-1].simulated
