"""The open tickers of one exchange: what is said of them, in which order."""

from decimal import Decimal

import pytest

from cryptostream.errors import SourceError
from cryptostream.records import Tick, Trade
from cryptostream.sources.ccxt.convert import Print, Quote
from cryptostream.sources.ccxt.said import Moment
from cryptostream.sources.ccxt.tickers import Tickers

BTC, TWIN, ETH = "KRAKEN:BTCUSD", "KRAKEN:BTCUSD@ccxt", "KRAKEN:ETHEUR"
MARKET = "BTC/USD"
LOST = SourceError("it is gone", code="connection_lost")


@pytest.fixture
def tickers():
    return Tickers(quiet_after=30.0, first_within=20.0)


def at(seconds):
    return Moment(float(seconds), int(seconds * 10**9))


def words(said):
    """Return what was said, short: states with codes, prices, trades."""
    kinds = {
        Tick: lambda one: str(one.last),
        Trade: lambda one: f"trade {one.price}",
    }
    return [kinds.get(type(one), lambda one: f"{one.state.value} {one.code}")(one) for one in said]


def opened(tickers, symbol=BTC, market=MARKET, generation=1, seconds=0):
    said = list(tickers.open(symbol, generation, at(seconds)))
    for ticker in tickers.unresolved():
        said += tickers.resolve(ticker, market, at(seconds))
    return said


def heard(tickers, price, seconds, market=MARKET):
    return list(tickers.ticker(market, Quote(last=Decimal(price)), "stream", at(seconds)))


def traded(tickers, seconds, *prices):
    prints = [Print(Decimal(p), Decimal(1), "buy", f"{seconds}/{p}", None) for p in prices]
    return list(tickers.trades(MARKET, prints, at(seconds)))


def test_a_ticker_is_live_with_its_first_price(tickers):
    assert words(opened(tickers)) == ["loading loading"]
    assert words(heard(tickers, 1, 1)) == ["live ok", "1"]
    assert words(heard(tickers, 1, 2)) == []
    assert words(heard(tickers, 2, 3)) == ["2"]


def test_a_bid_alone_is_no_price(tickers):
    opened(tickers)
    assert words(tickers.bid_ask(MARKET, Quote(bid=Decimal(1)), at(1))) == []
    said = heard(tickers, 2, 2)
    assert words(said) == ["live ok", "2"]
    assert said[1].bid == 1


def test_trades_come_before_the_tick_that_they_make(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    assert words(traded(tickers, 2, 5)) == ["trade 5"]
    assert words(traded(tickers, 3, 6, 7)) == ["trade 6", "trade 7", "7"]
    assert words(traded(tickers, 3, 6, 7)) == []


def test_trades_alone_are_enough(tickers):
    opened(tickers)
    assert words(traded(tickers, 1, 5)) == ["live ok", "trade 5", "5"]


def test_everything_is_marked_as_simulated_when_it_is(tickers):
    tickers.simulated = True
    opened(tickers)
    said = heard(tickers, 1, 1) + traded(tickers, 1, 2) + [tickers.reports()[0]]
    assert len(said) == 4
    assert all(one.simulated for one in said)


def test_two_symbols_of_one_market_hear_the_same(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    assert words(opened(tickers, TWIN, seconds=2)) == ["loading loading", "live ok", "1"]
    assert [one.symbol for one in heard(tickers, 2, 3)] == [BTC, TWIN]
    assert len(tickers) == 2
    assert tickers.markets() == {MARKET}


def test_other_markets_are_not_disturbed(tickers):
    opened(tickers)
    opened(tickers, ETH, "ETH/EUR")
    assert [one.symbol for one in heard(tickers, 1, 1)] == [BTC, BTC]
    assert heard(tickers, 1, 1, "NOBODY/WANTS") == []


def test_a_market_that_is_closed_is_heard_on_and_served_at_once(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    assert words(tickers.close(BTC, 7, at(2))) == []
    assert words(tickers.close(BTC, 1, at(2))) == ["closed closed"]
    assert heard(tickers, 2, 3) == []
    assert words(opened(tickers, generation=2, seconds=4)) == ["loading loading", "live ok", "2"]


def test_a_failure_is_said_at_once_and_the_value_stays(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    (report,) = tickers.failed(LOST, "the next try is in 1 s", at(2))
    assert words([report]) == ["stale connection_lost"]
    assert report.text == "it is gone; the next try is in 1 s"
    tickers.untroubled(at(3))
    assert words(heard(tickers, 1, 4)) == ["live ok", "1"]


def test_what_is_opened_meanwhile_says_so_too(tickers):
    opened(tickers)
    list(tickers.failed(LOST, "", at(1)))
    assert words(opened(tickers, ETH, "ETH/EUR")) == ["loading loading", "stale connection_lost"]
    tickers.untroubled(at(2))
    assert words(opened(tickers, TWIN)) == ["loading loading"]


def test_after_a_failure_no_old_value_is_served(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    list(tickers.failed(LOST, "", at(2)))
    tickers.untroubled(at(3))
    assert words(opened(tickers, TWIN, seconds=3)) == ["loading loading"]


def test_silence_is_quiet_and_a_price_ends_it(tickers):
    opened(tickers)
    heard(tickers, 1, 1)
    assert words(tickers.look(at(31))) == []
    assert words(tickers.look(at(32))) == ["quiet quiet"]
    assert words(tickers.look(at(99))) == []
    assert words(heard(tickers, 1, 100)) == []
    assert words(heard(tickers, 2, 101)) == ["live ok", "2"]


def test_a_market_that_shows_no_price_is_given_up(tickers):
    opened(tickers)
    opened(tickers, ETH, "ETH/EUR")
    heard(tickers, 1, 1)
    assert tickers.without_value([MARKET, "ETH/EUR", "OTHER"]) == ["ETH/EUR"]
    assert words(tickers.look(at(20))) == []
    said = list(tickers.look(at(21)))
    assert words(said) == ["failed no_price"]
    assert (said[0].symbol, said[0].retriable) == (ETH, True)
    assert len(tickers) == 1


def test_nobody_is_given_up_while_the_exchange_fails(tickers):
    opened(tickers)
    list(tickers.failed(LOST, "", at(1)))
    assert words(tickers.look(at(100))) == []
    tickers.untroubled(at(100))
    assert words(tickers.look(at(119))) == []
    assert words(tickers.look(at(121))) == ["failed no_price"]


def test_a_market_or_everything_can_be_refused(tickers):
    for symbol in (BTC, TWIN):
        opened(tickers, symbol)
    opened(tickers, ETH, "ETH/EUR")
    assert [one.symbol for one in tickers.refuse_market(MARKET, LOST, at(1))] == [BTC, TWIN]
    assert words(tickers.refuse_all(LOST, at(1))) == ["failed connection_lost"]
    assert (len(tickers), tickers.reports()) == (0, [])
