"""What is known of one market, merged."""

from decimal import Decimal

from cryptostream.sources.ccxt.convert import Print, Quote
from cryptostream.sources.ccxt.quotes import Quotes

ONE, TWO, THREE = Decimal(1), Decimal(2), Decimal(3)


def trade(price, number="1", at=None):
    return Print(Decimal(price), Decimal(1), "buy", number, at)


def test_what_a_ticker_does_not_say_stays():
    quotes = Quotes()
    quotes.ticker(Quote(last=ONE, bid=ONE, volume=THREE, at=5))
    assert quotes.ticker(Quote(ask=TWO))
    assert quotes.quote == Quote(last=ONE, bid=ONE, ask=TWO, volume=THREE, at=5)


def test_a_ticker_that_says_nothing_new_is_not_new():
    quotes = Quotes()
    assert quotes.ticker(Quote(last=ONE))
    assert not quotes.ticker(Quote(last=ONE))
    assert not quotes.ticker(Quote(last=ONE, volume=TWO))
    assert quotes.quote.volume == TWO


def test_a_bid_that_is_gone_is_gone():
    quotes = Quotes()
    quotes.ticker(Quote(last=ONE, bid=ONE, ask=TWO))
    assert quotes.bid_ask(Quote(ask=THREE))
    assert (quotes.quote.bid, quotes.quote.ask, quotes.quote.last) == (None, THREE, ONE)


def test_it_is_fresh_with_its_first_price():
    quotes = Quotes()
    quotes.bid_ask(Quote(bid=ONE))
    assert not quotes.fresh
    quotes.ticker(Quote(last=ONE))
    assert quotes.fresh
    quotes.interrupted()
    assert not quotes.fresh
    assert quotes.quote.last == ONE


def test_the_first_trades_may_be_old_and_give_no_price_when_there_is_one():
    quotes = Quotes()
    quotes.ticker(Quote(last=ONE))
    assert len(quotes.trades([trade(2, "1")])) == 1
    assert quotes.quote.last == ONE
    quotes.trades([trade(3, "2", at=9)])
    assert (quotes.quote.last, quotes.quote.at) == (THREE, 9)
    quotes.interrupted()
    quotes.trades([trade(2, "3")])
    assert quotes.quote.last == THREE


def test_the_first_trades_are_a_price_when_there_is_none():
    quotes = Quotes()
    quotes.trades([trade(1, "1"), trade(2, "2", at=7)])
    assert (quotes.quote.last, quotes.quote.at, quotes.fresh) == (TWO, 7, True)


def test_a_trade_is_taken_once():
    quotes = Quotes()
    quotes.trades([trade(1, "1"), trade(1, "2")])
    assert [t.id for t in quotes.trades([trade(1, "2"), trade(1, "3")])] == ["3"]
    assert quotes.trades([trade(1, "1")]) == []
    assert len(quotes.trades([trade(1, None), trade(1, None)])) == 2


def test_only_so_many_trades_are_remembered():
    quotes = Quotes()
    quotes.trades([trade(1, str(number)) for number in range(5000)])
    assert quotes.trades([trade(1, "4999")]) == []
    assert len(quotes.trades([trade(1, "0")])) == 1


def test_a_ticker_that_is_older_than_the_last_trade_gives_no_price():
    quotes = Quotes()
    quotes.ticker(Quote(last=ONE, at=1))
    quotes.trades([trade(1, "1", at=2)])
    quotes.trades([trade(3, "2", at=10)])
    quotes.ticker(Quote(last=TWO, bid=ONE, at=9))
    assert (quotes.quote.last, quotes.quote.at, quotes.quote.bid) == (THREE, 10, ONE)
    quotes.ticker(Quote(last=TWO, at=10))
    assert quotes.quote.last == TWO


def test_a_price_without_a_time_has_none_unless_it_is_the_known_one():
    quotes = Quotes()
    quotes.ticker(Quote(last=ONE, at=5))
    quotes.ticker(Quote(last=ONE))
    assert quotes.quote.at == 5
    quotes.ticker(Quote(last=TWO))
    assert quotes.quote.at is None
