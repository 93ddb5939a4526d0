"""What the source says of itself before it is built."""

import pytest

from cryptostream.config import Config, load
from cryptostream.sources.coingecko.kind import KIND
from cryptostream.sources.coingecko.source import CoinGeckoSource
from cryptostream.sources.testing import RecordingOutlet


@pytest.mark.parametrize(
    ("symbol", "venue"),
    [
        ("BINANCE:BTCUSDT", "COINGECKO"),
        ("COINGECKO:BTCUSD", "COINGECKO"),
        ("KRAKEN:ETHEUR@coingecko", "COINGECKO"),
        ("BINANCE:NOSUCHUSDT", "COINGECKO"),
        ("BINANCE:BTCUSDT.P", None),
        ("NASDAQ:AAPL", None),
    ],
)
def test_its_prices_are_its_own(symbol, venue):
    assert KIND.venue(symbol, Config()) == venue


def test_without_the_list_it_has_only_what_the_settings_name():
    config = load(environ={}, overrides={"sources.coingecko.list_lookup": False}).config
    assert KIND.venue("BINANCE:BTCUSDT", config) == "COINGECKO"
    assert KIND.venue("BINANCE:NOSUCHUSDT", config) is None


def test_switched_off_it_has_nothing():
    config = load(environ={}, overrides={"sources.coingecko.enabled": False}).config
    assert KIND.venue("BINANCE:BTCUSDT", config) is None


def test_it_is_built_from_the_settings():
    source = KIND.load()(Config(), RecordingOutlet())
    assert isinstance(source, CoinGeckoSource)
    assert source.name == KIND.name == "coingecko"
