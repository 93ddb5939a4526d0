"""The open tickers: what is said of them, in which order, and that the last value stays."""

from decimal import Decimal

import pytest

from cryptostream.errors import SourceError
from cryptostream.records import Tick
from cryptostream.sources.coingecko.answers import Quote
from cryptostream.sources.coingecko.coins import Price, need_of
from cryptostream.sources.coingecko.tickers import NS, Tickers
from cryptostream.wire.hop import PageState, Report

BTC, OTHER = "BINANCE:BTCUSDT", "COINGECKO:BTCUSD"
BITCOIN = Price("bitcoin", "usd")
# The updates of CoinGecko are counted in s since the epoch: they begin here.
BEGIN = 1_700_000_000
COINS = ("bitcoin",)
LIMITED = SourceError("too many calls", code="rate_limited", hint="use a key")


@pytest.fixture
def tickers():
    return Tickers(stale_after=300.0, period=60.0)


def at(seconds):
    return (BEGIN + seconds) * NS


def opened(tickers, symbol=BTC, generation=1, seconds=0):
    return list(tickers.open(symbol, generation, need_of(symbol), BITCOIN, at(seconds)))


def answered(tickers, price, seconds, *, updated=None, simulated=False):
    last = None if price is None else Decimal(price)
    quote = Quote(last, None, BEGIN + (seconds if updated is None else updated))
    return list(tickers.answered(COINS, {BITCOIN: quote}, at(seconds), simulated=simulated))


def words(said):
    """Return what was said, short: states with codes, and prices."""
    return [
        str(word.last) if isinstance(word, Tick) else f"{word.state.value} {word.code}"
        for word in said
    ]


def test_a_ticker_is_live_with_its_first_value(tickers):
    assert words(opened(tickers)) == ["loading loading"]
    assert words(answered(tickers, "100.5", 1)) == ["live ok", "100.5"]
    assert [report.state for report in tickers.reports()] == [PageState.LIVE]


def test_a_record_says_whose_price_it_is_in_which_currency_and_of_when(tickers):
    opened(tickers)
    opened(tickers, OTHER)
    said = answered(tickers, "100.5", 10, updated=4, simulated=True)
    own, native = (word for word in said if isinstance(word, Tick))
    assert (own.symbol, own.venue, own.currency) == (BTC, "COINGECKO", "USD")
    assert (native.symbol, native.venue, native.currency) == (OTHER, None, None)
    assert (own.ts_source, own.ts_observed) == (at(4), at(10))
    assert (own.method, own.timeliness, own.simulated) == ("poll", "snapshot", True)


def test_a_value_is_said_once(tickers):
    opened(tickers)
    answered(tickers, "100.5", 0)
    assert words(answered(tickers, "100.5", 60, updated=0)) == []
    assert words(answered(tickers, "100.5", 120)) == ["100.5"]
    assert words(answered(tickers, "101", 180)) == ["101"]


def test_a_second_watcher_is_served_from_the_last_answer(tickers):
    opened(tickers)
    answered(tickers, "100.5", 0)
    assert words(opened(tickers, OTHER, seconds=30)) == ["loading loading", "live ok", "100.5"]
    assert words(opened(tickers, BTC, 2, seconds=30))[1:] == ["live ok", "100.5"]
    assert words(opened(tickers, OTHER, 2, seconds=61)) == ["loading loading"]


def test_an_old_value_is_quiet_then_stale_and_comes_back(tickers):
    opened(tickers)
    answered(tickers, "100.5", 0)
    assert words(tickers.clock(at(150))) == []
    assert words(tickers.clock(at(151))) == ["quiet quiet"]
    assert words(answered(tickers, "100.5", 200, updated=0)) == []
    assert words(tickers.clock(at(301))) == ["stale old_value"]
    assert words(tickers.clock(at(400))) == []
    assert words(answered(tickers, "100.6", 410)) == ["live ok", "100.6"]


def test_a_first_value_that_is_old_already_is_stale_and_shown(tickers):
    opened(tickers)
    assert words(answered(tickers, "100.5", 1000, updated=1)) == ["stale old_value", "100.5"]


def test_without_a_time_of_its_own_a_value_ages_from_when_it_was_heard(tickers):
    opened(tickers)
    quote = Quote(Decimal(1))
    list(tickers.answered(COINS, {BITCOIN: quote}, at(0), simulated=False))
    list(tickers.answered(COINS, {BITCOIN: quote}, at(200), simulated=False))
    assert words(tickers.clock(at(301))) == ["stale old_value"]


def test_a_null_keeps_the_last_value_and_marks_it(tickers):
    opened(tickers)
    answered(tickers, "100.5", 0)
    assert words(answered(tickers, None, 60)) == ["stale no_value"]
    assert words(tickers.clock(at(100))) == []
    assert words(answered(tickers, "100.5", 120, updated=0)) == ["live ok", "100.5"]


def test_an_absent_coin_is_unknown_and_its_neighbours_go_on(tickers):
    opened(tickers)
    ether = list(
        tickers.open("BINANCE:ETHUSDT", 5, need_of("BINANCE:ETHUSDT"), Price("nope", "usd"), 0)
    )
    assert words(ether) == ["loading loading"]
    quotes = {BITCOIN: Quote(Decimal(7), None, BEGIN)}
    said = list(tickers.answered(("bitcoin", "nope"), quotes, at(0), simulated=False))
    assert words(said) == ["live ok", "7", "failed unknown_symbol"]
    assert (said[-1].generation, said[-1].retriable) == (5, False)
    assert tickers.prices() == {BITCOIN}


def test_a_failed_poll_is_said_at_once_with_the_next_try(tickers):
    opened(tickers)
    answered(tickers, "100.5", 0)
    (report,) = tickers.failed(LIMITED, 30.0, at(60))
    assert words([report]) == ["stale rate_limited"]
    assert report.text == "too many calls (use a key); the next try is in 30 s"
    assert words(tickers.failed(LIMITED, 60.0, at(90))) == ["stale rate_limited"]
    assert words(tickers.clock(at(1000))) == []
    assert words(answered(tickers, "100.5", 1001, updated=1000)) == ["live ok", "100.5"]


def test_a_ticker_that_is_opened_while_polls_fail_says_so(tickers):
    opened(tickers, OTHER)
    list(tickers.failed(LIMITED, 30.0, at(0)))
    assert words(opened(tickers, seconds=1)) == ["loading loading", "stale rate_limited"]
    assert words(answered(tickers, "1", 30)) == ["live ok", "1", "live ok", "1"]


def test_only_the_own_generation_is_closed(tickers):
    opened(tickers, generation=2)
    assert words(tickers.close(BTC, 1, at(0))) == []
    assert words(tickers.close(BTC, 2, at(0))) == ["closed closed"]
    assert words(tickers.close(BTC, 2, at(0))) == []
    assert tickers.prices() == set()
    assert words(answered(tickers, "1", 1)) == []


def test_a_coin_that_is_looked_up_is_served_once_it_is_known(tickers):
    said = list(tickers.open(BTC, 1, need_of(BTC), None, at(0)))
    (ticker,) = tickers.unresolved()
    assert words(said) == ["loading loading"]
    assert tickers.prices() == set()
    assert words(tickers.resolve(ticker, BITCOIN, at(1))) == []
    assert tickers.prices() == {BITCOIN}
    assert words(answered(tickers, "1", 2)) == ["live ok", "1"]


def test_a_ticker_that_cannot_be_had_is_over(tickers):
    list(tickers.open(BTC, 1, need_of(BTC), None, at(0)))
    (ticker,) = tickers.unresolved()
    report = tickers.refuse(ticker, SourceError("no", code="unknown_symbol", retriable=False), 1)
    assert isinstance(report, Report)
    assert words([report]) == ["failed unknown_symbol"]
    assert tickers.reports() == []
