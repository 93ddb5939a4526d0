"""What is new in ccxt's answers and caches."""

import itertools

import pytest
from ccxt.async_support.base.ws.cache import ArrayCache

from cryptostream.sources.ccxt.intake import Intake, by_market

MARKETS = ("A/X", "B/X")


def ticker(market, last):
    return {"symbol": market, "last": last}


def trade(market, number):
    return {"symbol": market, "id": str(number)}


def kept(market, *numbers):
    cache = ArrayCache(1000)
    for number in numbers:
        cache.append(trade(market, number))
    return cache


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (ticker("A/X", 1), {"A/X": [ticker("A/X", 1)]}),
        ({"A/X": ticker("A/X", 1)}, {"A/X": [ticker("A/X", 1)]}),
        ([trade("A/X", 1), trade("A/X", 2)], {"A/X": [trade("A/X", 1), trade("A/X", 2)]}),
        ({"A/X": None, "info": []}, {}),
        ({"last": 1}, {}),
        (None, {}),
        ([None, 7], {}),
        ("text", {}),
    ],
)
def test_an_answer_is_sorted_by_market(result, found):
    assert by_market(result) == found


def test_a_ticker_is_new_once_and_the_cache_knows_of_more():
    intake = Intake()
    a, b = ticker("A/X", 1), ticker("B/X", 1)
    cache = {"A/X": a, "B/X": b, "C/X": ticker("C/X", 1)}
    assert list(intake.tickers(MARKETS, {"A/X": a}, cache)) == [("A/X", a), ("B/X", b)]
    assert list(intake.tickers(MARKETS, {"A/X": a}, cache)) == []
    cache["B/X"] = ticker("B/X", 1)
    assert list(intake.tickers(MARKETS, {"A/X": a}, cache)) == [("B/X", cache["B/X"])]


def test_the_cache_is_newer_than_the_answer():
    """Two updates in one pass: the first ended the wait, the second is only in the cache."""
    first, second = ticker("A/X", 1), ticker("A/X", 2)
    assert list(Intake().tickers(MARKETS, {"A/X": first}, {"A/X": second})) == [("A/X", second)]


@pytest.mark.parametrize("cache", [None, {}])
def test_without_a_cache_the_answer_counts(cache):
    a = ticker("A/X", 1)
    assert list(Intake().tickers(MARKETS, {"A/X": a}, cache)) == [("A/X", a)]
    assert list(Intake().trades(MARKETS, [trade("A/X", 1)], cache)) == [("A/X", [trade("A/X", 1)])]


def test_trades_are_taken_from_where_the_last_time_ended():
    intake, cache = Intake(), {"A/X": kept("A/X", 1, 2), "B/X": kept("B/X", 7)}
    first = list(intake.trades(MARKETS, None, cache))
    assert first == [("A/X", [trade("A/X", 1), trade("A/X", 2)]), ("B/X", [trade("B/X", 7)])]
    assert list(intake.trades(MARKETS, None, cache)) == []
    cache["A/X"].append(trade("A/X", 3))
    cache["B/X"].append(trade("B/X", 8))
    later = list(intake.trades(MARKETS, None, cache))
    assert later == [("A/X", [trade("A/X", 3)]), ("B/X", [trade("B/X", 8)])]


def test_a_cache_that_has_forgotten_the_last_one_is_taken_whole():
    intake, cache = Intake(), {"A/X": kept("A/X", 1)}
    list(intake.trades(MARKETS, None, cache))
    for number in itertools.count(2):
        cache["A/X"].append(trade("A/X", number))
        if number == 1500:
            break
    ((_, fresh),) = intake.trades(MARKETS, None, cache)
    assert [int(each["id"]) for each in fresh] == list(range(501, 1501))
