"""What the source says of itself before it is built."""

import pytest

from cryptostream.config import load
from cryptostream.config.settings import Config
from cryptostream.errors import ConfigError, StartError
from cryptostream.sources.ccxt import kind
from cryptostream.sources.ccxt.kind import KIND
from cryptostream.sources.ccxt.source import CcxtSource
from cryptostream.sources.testing import RecordingOutlet


@pytest.mark.parametrize(
    ("symbol", "venue"),
    [
        ("KRAKEN:ETHEUR", "KRAKEN"),
        ("COINBASE:BTCUSD@ccxt", "COINBASE"),
        ("BINANCE:BTCUSDT", "BINANCE"),
        ("BINANCE:BTCUSDT.P", None),
        ("NASDAQ:AAPL", None),
    ],
)
def test_its_prices_are_those_of_the_symbols_own_exchange(symbol, venue):
    assert KIND.venue(symbol, Config()) == venue


def test_switched_off_or_without_an_exchange_it_has_nothing():
    off = load(environ={}, overrides={"sources.ccxt.enabled": False}).config
    other = load(environ={}, overrides={"sources.ccxt.exchanges": ["OKX=okx"]}).config
    assert KIND.venue("KRAKEN:ETHEUR", off) is None
    assert KIND.venue("KRAKEN:ETHEUR", other) is None
    assert KIND.venue("OKX:BTCUSDT", other) == "OKX"


@pytest.mark.parametrize(
    "overrides",
    [
        {"sources.ccxt.exchanges": ["kraken"]},
        {"sources.ccxt.exchanges": ["KRAKEN=Kraken"]},
        {"sources.ccxt.urls": ["kraken:api.public=ftp://x"]},
        {"sources.ccxt.urls": ["http://127.0.0.1"]},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(overrides):
    with pytest.raises(ConfigError, match=r"sources\.ccxt"):
        load(environ={}, overrides=overrides)


def test_it_is_built_from_the_settings():
    source = KIND.load()(Config(), RecordingOutlet())
    assert isinstance(source, CcxtSource)
    assert source.name == KIND.name == "ccxt"


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(kind, "INSTALLED", False)
    with pytest.raises(StartError) as caught:
        KIND.load()(Config(), RecordingOutlet())
    assert caught.value.code == "missing_extra"
    assert "pip install 'cryptostream[ccxt]'" in caught.value.hint
