"""The order of what a search finds, and what it says of how it found it."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.directory.exchanges import BINANCE, COINBASE, KRAKEN
from cryptostream.sources.directory.index import Index
from cryptostream.sources.directory.instruments import Instrument
from cryptostream.sources.directory.listings import Rules, Standing
from cryptostream.sources.directory.ranking import search
from tests.sources.directory import samples

NOW = 1_800_000_000.0
RULES = Rules((("XBT", "BTC"),), 7 * 86_400.0)


def instrument(ticker: str, base: str, *, trading: bool = True) -> Instrument:
    quote = ticker.removeprefix(base)
    status = "TRADING" if trading else "HALT"
    return Instrument(ticker=ticker, base=base, quote=quote, status=status, trading=trading)


def listed(exchange: str, *instruments: Instrument, **more: object) -> Standing:
    return Standing(exchange, Index(exchange, instruments), NOW - 60.0, **more)


def sampled(exchange) -> Standing:
    body = json.dumps(samples.LISTINGS[exchange.path.partition("?")[0]]).encode()
    return listed(exchange.name, *exchange.parse(body))


EVERYWHERE = [sampled(BINANCE), sampled(KRAKEN), sampled(COINBASE)]


def symbols(text: str, standings=EVERYWHERE, *, exchange: str = "", limit: int = 10) -> list[str]:
    found = search(text, exchange, limit, standings, RULES, NOW)
    return [row.symbol for row in found.rows]


def notes(text: str, standings=EVERYWHERE, *, exchange: str = "") -> list[str]:
    return list(search(text, exchange, 10, standings, RULES, NOW).notes)


def test_the_order_is_exact_begins_base_contains_name():
    market = listed(
        "BINANCE",
        instrument("WSOLUSDT", "WSOL"),  # contains
        instrument("SOLUSDT", "SOL"),  # exact
        instrument("SOLUSDTX", "SOL"),  # begins
        instrument("XSOLUSDT", "SOLUSDT"),  # its base
        instrument("MSOLANAUSD", "MSOLANA"),
    )

    assert symbols("solusdt", [market]) == [
        "BINANCE:SOLUSDT",
        "BINANCE:SOLUSDTX",
        "BINANCE:XSOLUSDT",
        "BINANCE:WSOLUSDT",
    ]
    assert symbols("solana", [market])[0] == "BINANCE:MSOLANAUSD"
    assert "BINANCE:SOLUSDT" in symbols("solana", [market])


def test_an_asset_comes_first_in_the_quotes_that_most_people_mean():
    market = listed(
        "BINANCE",
        *(instrument(f"BTC{quote}", "BTC") for quote in ("AUD", "EUR", "USDC", "USDT", "USD")),
        instrument("BTCBUSDT", "BTCB"),
        instrument("ETHBTC", "ETH"),
    )

    assert symbols("btc", [market]) == [
        "BINANCE:BTCUSDT",
        "BINANCE:BTCUSD",
        "BINANCE:BTCUSDC",
        "BINANCE:BTCEUR",
        "BINANCE:BTCAUD",
        "BINANCE:BTCBUSDT",
        "BINANCE:ETHBTC",
    ]


def test_what_trades_comes_before_what_does_not():
    market = listed(
        "BINANCE", instrument("ABCUSDT", "ABC", trading=False), instrument("ABCEUR", "ABC")
    )
    assert symbols("abc", [market]) == ["BINANCE:ABCEUR", "BINANCE:ABCUSDT"]


@pytest.mark.parametrize("text", ["bitcoin", "Bit Coin", "BITCOIN"])
def test_a_full_name_finds_its_asset(text):
    assert symbols(text) == ["BINANCE:BTCUSDT", "COINBASE:BTCUSD", "KRAKEN:BTCUSD"]


@pytest.mark.parametrize("text", ["btcusd", "BTC/USD", "btc-usd"])
def test_separators_make_no_difference(text):
    assert symbols(text)[:2] == ["COINBASE:BTCUSD", "KRAKEN:BTCUSD"]


def test_one_exchange_can_be_named_in_two_ways():
    assert symbols("eth", exchange="kraken") == ["KRAKEN:ETHEUR"]
    assert symbols("KRAKEN:eth") == ["KRAKEN:ETHEUR"]
    assert symbols("kraken:eth@ccxt") == ["KRAKEN:ETHEUR"]


def test_an_exchange_without_a_listing_is_said_to_have_none():
    assert symbols("eth", exchange="BITSTAMP") == []
    assert notes("eth", exchange="BITSTAMP") == ["no listing of BITSTAMP is kept"]
    # Written before the text it may be a slip: all are looked at.
    assert "COINBASE:ETHUSD" in symbols("BITSTAMP:ethusd")


def test_other_names_of_assets_are_known_and_said():
    assert symbols("xbtusd")[:2] == ["COINBASE:BTCUSD", "KRAKEN:BTCUSD"]
    assert "XBTUSD is listed as BTCUSD" in notes("xbtusd")


def test_another_name_comes_before_what_only_contains_the_text():
    market = listed("BINANCE", instrument("FLUXBTC", "FLUX"), instrument("BTCUSDT", "BTC"))
    assert symbols("xbt", [market]) == ["BINANCE:BTCUSDT", "BINANCE:FLUXBTC"]


def test_what_nothing_contains_finds_what_resembles_it():
    assert symbols("BTCUSTD")[0] == "BINANCE:BTCUSDT"
    assert "these resemble it" in notes("BTCUSTD")[0]
    assert symbols("qqqqqq") == []


def test_a_row_says_all_that_the_exchange_says():
    (row,) = search("KRAKEN:ETHEUR", "", 1, EVERYWHERE, RULES, NOW).rows
    assert (row.base, row.quote, row.kind, row.name) == ("ETH", "EUR", "spot", "Ethereum")
    assert (row.status, row.trading) == ("online", True)
    assert (row.tick_size, row.precision, row.lot_step) == ("0.01", 2, "0.00000001")
    assert (row.state, row.age) == ("fetched", 60.0)


def test_a_listing_that_is_old_or_missing_is_told():
    old = listed("BINANCE", instrument("BTCUSDT", "BTC"), from_disk=True, why="no network")
    missing = Standing("KRAKEN", why="HTTP 500")

    assert notes("btc", [old, missing]) == [
        "the listing of BINANCE is 60 s old: no network",
        "no listing of KRAKEN: HTTP 500",
    ]
    assert notes("btc", [old, missing], exchange="KRAKEN") == ["no listing of KRAKEN: HTTP 500"]


@given(st.text(max_size=150), st.text(max_size=10), st.integers(1, 7))
def test_any_text_is_answered_within_its_limit_and_each_symbol_once(text, exchange, limit):
    found = symbols(text, exchange=exchange, limit=limit)
    assert len(found) == len(set(found)) <= limit


# Several times what it takes on a slow machine with other work; the goal is 20 ms.
SLOWEST = 0.1


@pytest.mark.parametrize("text", ["btc", "u", "", "usd", "abcudst", "xbtusd", "bitcoin"])
def test_three_listings_of_five_thousand_are_searched_at_once(text):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    bases = map("".join, itertools.product(letters, letters, "KLMNOP"))
    pairs = [instrument(f"{base}{quote}", base) for base in bases for quote in ("USDT", "EUR")]
    market = [listed(name, *pairs[:5000]) for name in ("BINANCE", "KRAKEN", "COINBASE")]

    def duration() -> float:
        began = time.perf_counter()
        symbols(text, market, limit=20)
        return time.perf_counter() - began

    assert min(duration() for _ in range(3)) < SLOWEST
