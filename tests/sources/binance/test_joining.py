"""Two connections with the same ticker: the new one takes over without a hole."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.binance.joining import Joining
from cryptostream.sources.binance.quotes import Counts, Quotes
from tests.sources.binance.samples import NOW, book, day, trade


def pair():
    quotes = Quotes("BTCUSDT", Counts(), trades=True)
    quotes.symbol = "BINANCE:BTCUSDT"
    return quotes, Joining(quotes)


def numbers(records):
    return [int(done.trade_id) for done in records if done is not None]


def test_the_new_one_waits_while_the_old_one_is_behind():
    quotes, joining = pair()
    records = [quotes.trade(trade(5), NOW), joining.trade(trade(8), NOW)]
    records += [quotes.trade(trade(n), NOW) for n in (6, 7, 8)]
    records += [joining.trade(trade(9), NOW), quotes.trade(trade(9), NOW)]
    assert numbers(records) == [5, 6, 7, 8, 9]
    assert joining.released() == []


def test_what_it_kept_comes_when_the_old_one_ends_early():
    quotes, joining = pair()
    quotes.trade(trade(5), NOW)
    joining.trade(trade(7), NOW)
    joining.trade(trade(8), NOW)
    quotes.trade(trade(6), NOW)
    assert numbers(joining.released()) == [7, 8]
    assert numbers([joining.trade(trade(9), NOW)]) == [9]


def test_a_ticker_without_trades_so_far_needs_no_waiting():
    _, joining = pair()
    assert numbers([joining.trade(trade(8), NOW)]) == [8]


def test_book_and_day_pass():
    quotes, joining = pair()
    quotes.trade(trade(1), NOW)
    assert joining.book(book(1), NOW).bid == "99.00"
    assert joining.day(day(), NOW).volume is not None


@given(st.integers(1, 20), st.integers(1, 20), st.lists(st.booleans(), max_size=60))
def test_whatever_the_pace_of_both_nothing_is_lost_doubled_or_out_of_order(first, ahead, turns):
    """The old one begins at ``first``; the new one was subscribed a few trades later."""
    quotes, joining = pair()
    old = iter(range(first, 200))
    new = iter(range(first + ahead, 200))
    records = [quotes.trade(trade(next(old)), NOW)]
    for is_old in turns:
        source, line = (old, quotes) if is_old else (new, joining)
        records.append(line.trade(trade(next(source)), NOW))
    # The old connection delivers what the new one was not there for, then it ends.
    while quotes.expected < first + ahead:
        records.append(quotes.trade(trade(next(old)), NOW))
    records += joining.released()
    records += [joining.trade(trade(next(new)), NOW) for _ in range(5)]
    found = numbers(records)
    assert found == list(range(first, first + len(found)))
