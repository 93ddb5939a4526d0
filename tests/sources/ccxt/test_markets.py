"""Which market a ticker is."""

import pytest

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.markets import Listed, market_of, tickers_of


def market(symbol, market_id="", **more):
    base, _, quote = symbol.partition("/")
    given = {"symbol": symbol, "id": market_id or base + quote, "base": base, "quote": quote}
    return {symbol: given | {"spot": True, "active": True} | more}


MARKETS = (
    market("BTC/USD", "XXBTZUSD")
    | market("ETH/EUR", "XETHZEUR")
    | market("DOGE/USD", "XDGUSD")
    | market("SOL/USD", "SOL-USD", active=False)
    | market("ADA/USD", active=None)
    | market("BTC/USD:USD", "PF_XBTUSD", spot=False, quote="USD")
    | market("NO/BASE", base=None)
)
TICKERS = tickers_of(MARKETS)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("KRAKEN:BTCUSD", "BTC/USD"),
        ("KRAKEN:BTCUSD@ccxt", "BTC/USD"),
        ("KRAKEN:XBTUSD", "BTC/USD"),
        ("KRAKEN:XXBTZUSD", "BTC/USD"),
        ("KRAKEN:ETHEUR", "ETH/EUR"),
        ("KRAKEN:XDGUSD", "DOGE/USD"),
        ("KRAKEN:DOGEUSD", "DOGE/USD"),
        ("KRAKEN:ADAUSD", "ADA/USD"),
    ],
)
def test_a_ticker_names_a_market(symbol, name):
    assert market_of(symbol, TICKERS) == name


def test_an_asset_behind_has_its_other_name_too():
    tickers = tickers_of(market("ETH/BTC", "XETHXXBT"))
    assert market_of("KRAKEN:ETHXBT", tickers) == "ETH/BTC"


def test_a_market_that_is_not_trading_is_halted_and_may_come_back():
    with pytest.raises(SourceError, match="SOL/USD") as caught:
        market_of("KRAKEN:SOLUSD", TICKERS)
    assert (caught.value.code, caught.value.retriable) == ("halted", True)


def test_a_market_that_is_not_there_is_unknown_and_its_neighbours_are_named():
    with pytest.raises(SourceError, match="ETHEUT") as caught:
        market_of("KRAKEN:ETHEUT", TICKERS)
    assert (caught.value.code, caught.value.retriable) == ("unknown_symbol", False)
    assert caught.value.hint.startswith("the nearest are KRAKEN:ETHEUR")


def test_without_markets_nothing_is_near():
    with pytest.raises(SourceError) as caught:
        market_of("KRAKEN:BTCUSD", {})
    assert caught.value.hint == ""


@pytest.mark.parametrize("markets", [None, [], {}, {"A/B": None}, {"A/B": {"spot": True}}])
def test_what_is_no_table_has_no_markets(markets):
    assert tickers_of(markets) == {}


def test_a_ticker_wins_over_an_id_that_looks_like_it():
    tickers = tickers_of(market("A/BC", "XYZ") | market("X/YZ", "ABC"))
    assert (tickers["ABC"], tickers["XYZ"]) == (Listed("A/BC", True), Listed("X/YZ", True))
