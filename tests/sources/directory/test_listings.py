"""Valid, halted, invalid and unknown told apart, by what stands behind each."""

from __future__ import annotations

import json

import pytest

from cryptostream.sources.directory.exchanges import BINANCE, KRAKEN
from cryptostream.sources.directory.index import Index
from cryptostream.sources.directory.listings import Rules, Standing, describe, judge, words_for
from cryptostream.symbols import Listing
from tests.sources.directory import samples

NOW = 1_800_000_000.0
DAY = 86_400.0
RULES = Rules((("XBT", "BTC"), ("MATIC", "POL"), ("LUNA", "LUNC"), ("OLD", "ETH")), 7 * DAY)


def standing(exchange=BINANCE, *, age: float = 60.0, from_disk: bool = False, why: str = ""):
    body = json.dumps(samples.LISTINGS[exchange.path.partition("?")[0]]).encode()
    index = Index(exchange.name, exchange.parse(body))
    return Standing(exchange.name, index, NOW - age, from_disk, why)


MISSING = Standing("BINANCE", why="HTTP 500")


@pytest.mark.parametrize(
    ("symbol", "listing"),
    [
        ("BINANCE:BTCUSDT", Listing.VALID),
        ("BINANCE:BTCUSDT@binance", Listing.VALID),
        ("BINANCE:LUNCUSDT", Listing.HALTED),
        ("BINANCE:BTCUSTD", Listing.INVALID),
        ("BINANCE:BTCUSDT.P", Listing.UNKNOWN),
    ],
)
def test_a_symbol_is_judged_by_the_listing(symbol, listing):
    assert judge(symbol, standing(), RULES, NOW).listing is listing


def test_a_listed_symbol_comes_with_its_tick_size_and_decimals():
    verdict = judge("KRAKEN:ETHEUR", standing(KRAKEN), RULES, NOW)

    assert (verdict.tick_size, verdict.precision, verdict.text) == ("0.01", 2, "")


def test_a_halted_one_names_the_exchanges_own_word():
    verdict = judge("BINANCE:LUNCUSDT", standing(), RULES, NOW)

    assert "BREAK" in verdict.text
    assert verdict.tick_size == "0.01"


def test_without_a_listing_everything_is_unknown_and_says_why():
    verdict = judge("BINANCE:NOSUCH", MISSING, RULES, NOW)

    assert verdict.listing is Listing.UNKNOWN
    assert "HTTP 500" in verdict.text


def test_of_an_exchange_that_nobody_lists_everything_is_unknown():
    verdict = judge("BITSTAMP:BTCUSD", None, RULES, NOW)

    assert verdict.listing is Listing.UNKNOWN
    assert "BITSTAMP" in verdict.text


def test_a_near_miss_names_the_nearest_first():
    assert judge("BINANCE:BTCUSTD", standing(), RULES, NOW).suggestions[0] == "BINANCE:BTCUSDT"
    assert judge("BINANCE:XQZ", standing(), RULES, NOW).suggestions == ()


@pytest.mark.parametrize(
    ("exchange", "symbol", "present"),
    [
        (KRAKEN, "KRAKEN:XBTUSD", "KRAKEN:BTCUSD"),
        (KRAKEN, "KRAKEN:XBTUSD@ccxt", "KRAKEN:BTCUSD@ccxt"),
        (BINANCE, "BINANCE:MATICUSDT", "BINANCE:POLUSDT"),
    ],
)
def test_an_old_name_is_invalid_and_the_present_one_is_the_first_suggestion(
    exchange, symbol, present
):
    verdict = judge(symbol, standing(exchange), RULES, NOW)

    assert verdict.listing is Listing.INVALID
    assert verdict.suggestions[0] == present
    assert f"renamed: {present}" in verdict.text
    assert len(verdict.suggestions) == len(set(verdict.suggestions)) <= 3


@pytest.mark.parametrize("symbol", ["BINANCE:LUNAUSDT", "BINANCE:OLDEUR"])
def test_an_old_name_leads_only_to_what_is_listed_and_trades(symbol):
    verdict = judge(symbol, standing(), RULES, NOW)

    assert verdict.listing is Listing.INVALID
    assert "renamed" not in verdict.text


def test_a_halted_symbol_with_an_old_name_says_the_present_one():
    rules = Rules((("LUNC", "ETH"),), DAY)
    verdict = judge("BINANCE:LUNCUSDT", standing(), rules, NOW)

    assert verdict.listing is Listing.HALTED
    assert verdict.suggestions == ("BINANCE:ETHUSDT",)
    assert "renamed: BINANCE:ETHUSDT" in verdict.text


def test_an_alias_of_a_symbol_that_trades_changes_nothing():
    rules = Rules((("BTCUSDT", "ETHUSDT"),), DAY)
    verdict = judge("BINANCE:BTCUSDT", standing(), rules, NOW)

    assert (verdict.listing, verdict.text, verdict.suggestions) == (Listing.VALID, "", ())


def test_what_an_old_listing_has_exists_and_what_it_has_not_is_unknown():
    old = standing(age=8 * DAY, from_disk=True, why="no network")

    assert judge("BINANCE:BTCUSDT", old, RULES, NOW).listing is Listing.VALID
    assert judge("BINANCE:LUNCUSDT", old, RULES, NOW).listing is Listing.HALTED
    unknown = judge("BINANCE:NEWUSDT", old, RULES, NOW)
    assert unknown.listing is Listing.UNKNOWN
    assert "8 days" in unknown.text


@pytest.mark.parametrize("symbol", ["BINANCE:BTCUSDT", "BINANCE:NOSUCH", "BINANCE:LUNCUSDT"])
def test_a_verdict_from_a_listing_that_is_not_fresh_says_so(symbol):
    verdict = judge(symbol, standing(age=3 * 3600.0, why="no network"), RULES, NOW)

    assert "3 h old: no network" in verdict.text


def test_a_clock_that_was_set_back_makes_no_negative_age():
    assert standing(age=-1000.0).age(NOW) == 0.0


def test_the_description_tells_each_listing_and_all_together():
    kraken = standing(KRAKEN, age=7200.0, from_disk=True, why="no network")

    described = describe([standing(), kraken], NOW)

    assert described["state"] == "from disk"
    assert (described["symbols"], described["age"]) == (8, 7200.0)
    assert described["why"] == "KRAKEN: no network"
    assert described["exchanges"] == [
        {"exchange": "BINANCE", "state": "fetched", "why": "", "symbols": 5, "age": 60.0},
        {
            "exchange": "KRAKEN",
            "state": "from disk",
            "why": "no network",
            "symbols": 3,
            "age": 7200.0,
        },
    ]


@pytest.mark.parametrize(
    ("standings", "state"),
    [
        ([], "missing"),
        ([MISSING], "missing"),
        ([standing()], "fetched"),
        ([standing(), MISSING], "incomplete"),
        ([standing(from_disk=True), MISSING], "incomplete"),
        ([standing(), standing(from_disk=True)], "from disk"),
        ([standing(from_disk=True)], "from disk"),
    ],
)
def test_all_listings_together_are_as_good_as_the_worst(standings, state):
    assert describe(standings, NOW)["state"] == state


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (0, "0 s"),
        (90, "90 s"),
        (150, "2 min"),
        (7200, "2 h"),
        (169_200, "47 h"),
        (2 * DAY, "2 days"),
    ],
)
def test_an_age_is_said_as_people_say_it(age, words):
    assert words_for(age) == words
