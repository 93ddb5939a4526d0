"""What a listing is asked: what contains a text, and what resembles it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.directory.index import Index, squeezed
from cryptostream.sources.directory.instruments import Instrument


def instrument(base: str, quote: str = "USDT", *, trading: bool = True) -> Instrument:
    return Instrument(
        ticker=base + quote, base=base, quote=quote, status="x", trading=trading, precision=2
    )


INDEX = Index(
    "BINANCE",
    [
        instrument("BTC"),
        instrument("BTC", "USDC"),
        instrument("BTC", "USD"),
        instrument("ETH"),
        instrument("ETH", "BTC"),
        instrument("LUNC", trading=False),
    ],
)


def test_tickers_and_full_names_contain_a_text():
    def tickers(text: str) -> list[str]:
        return [entry.instrument.ticker for entry in INDEX.containing(text)]

    assert tickers("ETHB") == ["ETHBTC"]
    assert tickers("ETHEREUM") == ["ETHUSDT", "ETHBTC"]
    assert tickers("LUNC") == ["LUNCUSDT"]
    # The end of a ticker and the beginning of a name are not one text.
    assert tickers("USDTBITCOIN") == []
    assert len(INDEX) == 6


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("BTCUSTD", "BTCUSDT"),
        ("BTCUSDR", "BTCUSD"),
        ("BCTUSDT", "BTCUSDT"),
        ("ETHBCT", "ETHBTC"),
        ("BTCUSDTT", "BTCUSDT"),
        ("ETHUSTD", "ETHUSDT"),
    ],
)
def test_a_slip_finds_the_name_that_was_meant(text, first):
    assert INDEX.near(text, 3)[0] == first


def test_what_does_not_trade_is_near_to_nothing():
    assert "LUNCUSDT" not in INDEX.near("LUNCUSTD", 6)


@pytest.mark.parametrize("text", ["XQZ", "", "1"])
def test_nothing_is_near_to_what_shares_no_letters(text):
    assert INDEX.near(text, 3) == []


@given(st.text(max_size=200), st.integers(1, 5))
def test_near_names_are_listed_and_not_more_than_wanted(text, limit):
    found = INDEX.near(squeezed(text), limit)
    assert len(found) <= limit
    assert set(found) <= set(INDEX.by_ticker)


@pytest.mark.parametrize("text", ["btc/usd", "BTC-USD", " btc usd ", "b.t.c_u_s_d"])
def test_separators_and_case_make_no_difference(text):
    assert squeezed(text) == "BTCUSD"
