"""An old name leads to present ones; which exist is for a listing to say."""

from __future__ import annotations

import pytest

from cryptostream.sources.directory.aliases import other_names, pairs_of

ALIASES = pairs_of(("XBT=BTC", "MATICUSDT=POLUSDT", "MATIC=POL"))


@pytest.mark.parametrize(
    ("ticker", "names"),
    [
        ("XBTUSD", ["BTCUSD"]),
        ("ETHXBT", ["ETHBTC"]),
        ("XBT", ["BTC"]),
        ("XBTXBT", ["BTCXBT", "XBTBTC"]),
        ("MATICUSDT", ["POLUSDT", "POLUSDT"]),
        ("MATICEUR", ["POLEUR"]),
        ("AXBTB", []),
        ("BTCUSD", []),
        ("", []),
    ],
)
def test_an_alias_fits_a_whole_ticker_or_one_of_its_assets(ticker, names):
    assert list(other_names(ticker, ALIASES)) == names
