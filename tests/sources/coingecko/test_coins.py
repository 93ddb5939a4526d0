"""Which coin in which currency a symbol stands for."""

import pytest

from cryptostream.config.coingecko import CoinGecko
from cryptostream.errors import SourceError
from cryptostream.sim.coingecko_coins import COINS
from cryptostream.sources.coingecko.coins import Need, found_in_list, ids_by_asset, need_of


@pytest.mark.parametrize(
    ("symbol", "need"),
    [
        ("BINANCE:BTCUSDT", Need("BTC", "usd", "USD")),
        ("BINANCE:BTCUSDT@coingecko", Need("BTC", "usd", "USD")),
        ("COINBASE:BTCUSD", Need("BTC", "usd", None)),
        ("COINGECKO:BTCUSD", Need("BTC", "usd", None)),
        ("BINANCE:USDCUSDT", Need("USDC", "usd", "USD")),
        ("BINANCE:ETHFDUSD", Need("ETH", "usd", "USD")),
        ("KRAKEN:ETHEUR", Need("ETH", "eur", None)),
        ("BINANCE:ETHBTC", Need("ETH", "btc", None)),
        ("BINANCE:BTCUSDT.P", None),
        ("BINANCE:USDT", None),
        ("NASDAQ:AAPL", None),
    ],
)
def test_a_symbol_asks_for_a_coin_in_a_currency(symbol, need):
    assert need_of(symbol) == need


def test_the_last_setting_of_an_asset_counts():
    assert ids_by_asset(("BTC=bitcoin", "X=a-b", "BTC=other")) == {"BTC": "other", "X": "a-b"}


def test_the_usual_ids_are_those_of_the_replica():
    known = ids_by_asset(CoinGecko().ids)
    listed = {coin.asset: coin.id for coin in COINS.values() if coin.listing}
    assert {asset: known[asset] for asset in listed} == listed


def test_a_coin_is_found_when_only_one_has_the_symbol():
    assert found_in_list("PYTH", {"pyth": ["pyth-network"]}) == "pyth-network"


@pytest.mark.parametrize(
    ("listed", "said"),
    [({}, "no coin with the symbol BTC"), ({"btc": ["a", "b"]}, r"2 coins .* \(a, b\)")],
)
def test_a_symbol_that_is_not_unique_is_not_guessed(listed, said):
    with pytest.raises(SourceError, match=said) as caught:
        found_in_list("BTC", listed)
    assert (caught.value.code, caught.value.retriable) == ("unknown_symbol", False)
    assert caught.value.hint == ("choose one in sources.coingecko.ids: BTC=a" if listed else "")
