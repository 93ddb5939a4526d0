"""One ticker: trades in order, honest about what is missing, never a price from the past."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.sources.binance.listing import Day, Grid
from cryptostream.sources.binance.quotes import Counts, Quotes
from tests.sources.binance.samples import NOW, NOW_MS, book, day, trade

SYMBOL = "BINANCE:BTCUSDT"


@pytest.fixture
def quotes():
    return fresh()


def fresh(**changes):
    made = Quotes("BTCUSDT", Counts(), **{"trades": True} | changes)
    made.symbol = SYMBOL
    return made


def counts(quotes):
    return quotes._counts


def ids(quotes, *numbers):
    """Give trades; return the numbers that were published, and those that moved the price."""
    out = [traded(quotes, trade(n, f"{n}.00")) for n in numbers]
    published = [int(done.trade_id) for done, _ in out if done is not None]
    return published, [int(float(tick.last)) for _, tick in out if tick is not None]


def traded(quotes, message, at=NOW):
    """Give a trade; return what it is published as, and the tick that it moved."""
    return quotes.trade(message, at), quotes.due()


def test_a_trade_is_a_trade_and_a_tick(quotes):
    done, tick = traded(quotes, trade(7, "67123.45", "0.25", sold=True), NOW + 5)
    assert (done.symbol, done.source, done.method) == (SYMBOL, "binance", "stream")
    assert (done.price, done.quantity) == ("67123.45", "0.25")
    assert (done.side, done.trade_id) == ("sell", "7")
    assert (done.ts_observed, done.ts_source) == (NOW + 5, NOW)
    assert (tick.last, tick.ts_source, tick.bid) == ("67123.45", NOW, None)
    assert quotes.trade(trade(8), NOW).side == "buy"


def test_of_several_trades_only_the_last_makes_a_tick(quotes):
    for number, price in ((1, "100.00"), (2, "101.00"), (3, "102.00")):
        quotes.trade(trade(number, price), NOW + number)
    tick = quotes.due()
    assert (tick.last, tick.ts_observed) == ("102.00", NOW + 3)
    assert quotes.due() is None
    assert quotes.tick is tick


def test_the_newest_tick_can_be_looked_at_without_taking_it(quotes):
    quotes.trade(trade(1, "100.00"), NOW)
    assert quotes.tick.last == "100.00"
    assert quotes.due().last == "100.00"


def test_a_book_takes_a_trade_along_and_nothing_is_due_then(quotes):
    quotes.book(book(1), NOW)
    quotes.trade(trade(1, "100.00"), NOW)
    assert quotes.book(book(2, bid="99.50"), NOW).last == "100.00"
    assert quotes.due() is None


def test_what_a_trade_moved_is_still_due_after_an_interruption_and_does_not_make_it_fresh(quotes):
    quotes.trade(trade(1, "100.00"), NOW)
    quotes.interrupted()
    assert quotes.due().last == "100.00"
    assert not quotes.fresh


def test_a_tick_carries_all_that_is_known(quotes):
    quotes.trade(trade(1), NOW)
    quotes.day(day(p="20.00", P="25.000"), NOW)
    tick = quotes.book(book(1), NOW)
    assert (tick.last, tick.bid, tick.ask) == ("100.00", "99.00", "101.00")
    assert (tick.change, tick.change_percent) == ("20.00", "25.000")
    assert (tick.volume, tick.ts_source) == ("7.5", None)


def test_a_mini_ticker_has_its_change_computed(quotes):
    tick = quotes.day(day(), NOW)
    assert (tick.last, tick.change, tick.change_percent) == ("100.00", "20.00", "25.000")


# -- order --------------------------------------------------------------------------------


def test_trades_in_order_are_all_there(quotes):
    assert ids(quotes, 5, 6, 7) == ([5, 6, 7], [5, 6, 7])
    assert counts(quotes).gaps == 0


def test_a_doubled_trade_is_dropped_and_counted(quotes):
    assert ids(quotes, 5, 5, 6, 5, 6) == ([5, 6], [5, 6])
    assert counts(quotes).duplicates == 3


def test_a_hole_is_seen_and_the_late_trade_does_not_move_the_price(quotes):
    assert ids(quotes, 5, 8) == ([5, 8], [5, 8])
    assert (quotes.gap_ns, quotes.holes.missing(), quotes.settled) == (NOW, 2, False)
    assert (counts(quotes).gaps, counts(quotes).lost) == (1, 2)
    assert ids(quotes, 7, 7, 6, 9) == ([7, 6, 9], [9])
    assert counts(quotes).late == 2
    assert quotes.holes.missing() == 0


def test_an_old_trade_from_before_we_came_is_dropped(quotes):
    assert ids(quotes, 5, 4, 6) == ([5, 6], [5, 6])


def test_what_was_missed_while_away_is_a_hole(quotes):
    ids(quotes, 5)
    quotes.interrupted()
    assert ids(quotes, 9, 10) == ([9, 10], [9, 10])
    assert quotes.holes.missing() == 3


def test_nothing_missed_while_away_is_none(quotes):
    ids(quotes, 5)
    quotes.interrupted()
    quotes.interrupted()
    assert ids(quotes, 6) == ([6], [6])
    assert counts(quotes).gaps == 0


def test_a_market_that_numbers_anew_is_believed_after_an_interruption_only(quotes):
    ids(quotes, 500)
    assert ids(quotes, 3) == ([], [])
    quotes.interrupted()
    assert ids(quotes, 3, 4, 4) == ([3, 4], [3, 4])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=80))
def test_each_trade_is_published_at_most_once_and_the_price_never_goes_back(numbers):
    published, moved = ids(fresh(), *numbers)
    assert len(set(published)) == len(published)
    assert moved == sorted(moved)


@given(st.permutations(range(1, 30)))
def test_nothing_of_a_shuffled_feed_is_lost_after_its_first_trade(numbers):
    published, _ = ids(fresh(), *numbers)
    assert set(published) == {number for number in numbers if number >= numbers[0]}


# -- prices -------------------------------------------------------------------------------


def test_numbers_are_trimmed_to_their_grid(quotes):
    quotes.fit(Grid("000000", "00"))
    done, tick = traded(quotes, trade(1, "67123.45000000", "0.00026300"))
    assert (done.price, done.quantity, tick.last) == ("67123.45", "0.000263", "67123.45")


def test_a_grid_that_comes_late_counts_from_then_on(quotes):
    quotes.trade(trade(1, "67123.45000000"), NOW)
    quotes.fit(Grid("000000", ""))
    assert quotes.trade(trade(2, "67123.45000000"), NOW).price == "67123.45"


@pytest.mark.parametrize("wrong", [trade(2, "0.00"), trade(2, "x"), trade(2, "1", "-1")])
def test_a_trade_without_a_price_is_refused_and_leaves_no_trace(quotes, wrong):
    quotes.trade(trade(1), NOW)
    with pytest.raises(ProtocolError):
        quotes.trade(wrong, NOW)
    assert quotes.expected == 2


def test_a_book_without_a_last_price_waits(quotes):
    assert quotes.book(book(1), NOW) is None
    _, tick = traded(quotes, trade(1))
    assert tick.bid == "99.00"


def test_an_older_book_and_one_with_the_same_prices_say_nothing(quotes):
    quotes.trade(trade(1), NOW)
    assert quotes.book(book(5), NOW).bid == "99.00"
    assert quotes.book(book(4, bid="98.00"), NOW) is None
    assert quotes.book(book(6), NOW + 7) is None
    assert quotes.heard_ns == NOW + 7
    assert quotes.book(book(7, ask="102.00"), NOW).ask == "102.00"


def test_an_empty_side_of_the_book_has_no_price(quotes):
    quotes.trade(trade(1), NOW)
    assert quotes.book(book(1, bid="0.00000000"), NOW).bid is None


def test_the_price_of_the_day_counts_only_until_the_first_trade(quotes):
    assert quotes.day(day("100.00"), NOW).last == "100.00"
    assert quotes.day(day("101.00"), NOW).last == "101.00"
    quotes.trade(trade(1, "105.00"), NOW)
    assert quotes.day(day("102.00"), NOW).last == "105.00"


def test_without_trades_the_price_of_the_day_is_the_price():
    quotes = fresh(trades=False)
    quotes.day(day("100.00"), NOW)
    assert quotes.day(day("102.00"), NOW).last == "102.00"


def test_a_price_from_before_an_interruption_is_no_price(quotes):
    quotes.trade(trade(1), NOW)
    quotes.interrupted()
    assert not quotes.fresh
    assert quotes.book(book(1), NOW) is None


# -- time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "ns"),
    [
        (NOW_MS, NOW),
        (NOW_MS * 1000 + 7, NOW + 7000),
        (NOW_MS + 3_600_000, None),
        (NOW_MS - 3_600_000, None),
        (0, None),
        (-(10**18), None),
        (2**63 - 1, None),
    ],
)
def test_a_clock_that_is_far_off_is_not_believed(quotes, at, ns):
    done, tick = traded(quotes, trade(1, at=at))
    assert (done.ts_source, tick.ts_source) == (ns, ns)
    assert counts(quotes).skewed == (ns is None)


# -- the first value ----------------------------------------------------------------------


def polled(quotes, **changes):
    numbers = {
        "symbol": "BTCUSDT", "last": "100.00", "change": "20.00", "percent": "25.000",
        "volume": "7.5", "time": NOW_MS, "bid": "99.00", "ask": "101.00",
    }  # fmt: skip
    return quotes.polled(Day(**numbers | changes), NOW, simulated=True)


def test_a_polled_value_is_marked_as_such(quotes):
    tick = polled(quotes)
    assert (tick.method, tick.simulated, tick.ts_source) == ("poll", True, NOW)
    assert (tick.last, tick.bid, tick.change_percent) == ("100.00", "99.00", "25.000")
    assert quotes.fresh
    assert not quotes.streamed


def test_a_stream_that_was_faster_wins(quotes):
    quotes.trade(trade(1, "105.00"), NOW)
    assert polled(quotes) is None
    assert quotes.tick.last == "105.00"


def test_a_polled_value_gives_way_to_the_first_trade(quotes):
    polled(quotes)
    assert quotes.book(book(1), NOW).last == "100.00"
    assert traded(quotes, trade(1, "105.00"))[1].last == "105.00"


@pytest.mark.parametrize("wrong", [{"last": "0.00000000"}, {"bid": "x"}, {"volume": "NaN"}])
def test_a_polled_value_that_is_none_is_refused(quotes, wrong):
    with pytest.raises(ProtocolError):
        polled(quotes, **wrong)
    assert not quotes.fresh
