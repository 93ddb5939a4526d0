"""The settings of the symbol directory: what is refused before anything starts."""

from __future__ import annotations

import pytest

from cryptostream.config import load
from cryptostream.errors import ConfigError


@pytest.mark.parametrize("alias", ["XBT", "xbt=btc", "XBT=", "=BTC", "XBT=BTC=ETH", "X BT=BTC"])
def test_an_alias_names_an_old_and_a_new_name(alias):
    with pytest.raises(ConfigError, match=r"directory\.aliases"):
        load(overrides={"directory.aliases": [alias]}, environ={})


def test_aliases_can_be_set_on_the_command_line():
    loaded = load(overrides={"directory.aliases": '["OLD=NEW", "A=B"]'}, environ={})
    assert loaded.config.directory.aliases == ("OLD=NEW", "A=B")


def test_a_listing_is_fetched_again_before_it_is_too_old():
    overrides = {"directory.refresh": 100.0, "directory.max_age": 10.0}
    with pytest.raises(ConfigError, match=r"directory\.refresh"):
        load(overrides=overrides, environ={})


@pytest.mark.parametrize("exchange", ["binance", "kraken", "coinbase"])
def test_an_exchange_without_an_address_is_allowed(exchange):
    loaded = load(overrides={f"directory.{exchange}_url": ""}, environ={})
    assert getattr(loaded.config.directory, f"{exchange}_url") == ""
