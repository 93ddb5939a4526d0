"""Which sources a ticker gets: the settings, its own wish, and whose price it would be."""

import pytest

from cryptostream.config.settings import Config
from cryptostream.errors import StartError
from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.sources.order import checked_order, order_of
from cryptostream.symbols import split_symbol

POLICY = UsePolicy(automated=True, redistribution=True, needs_key=False, terms="")


def kind(name: str, venue) -> SourceKind:
    return SourceKind(
        name=name,
        summary="",
        capabilities=Capabilities(trades=False, bid_ask=False, history=False),
        policy=POLICY,
        timeliness=Timeliness.REAL_TIME,
        venue=lambda symbol, _config: venue(split_symbol(symbol)[0]),
        load=None,
    )


KINDS = {
    one.name: one
    for one in (
        kind("tradingview", lambda exchange: exchange),
        kind("binance", lambda exchange: "BINANCE" if exchange == "BINANCE" else None),
        kind("coingecko", lambda exchange: None if exchange == "ODD" else "COINGECKO"),
    )
}
BTC = "BINANCE:BTCUSDT"


def config(**sources) -> Config:
    return Config.from_dict({"sources": sources})


@pytest.mark.parametrize(
    ("symbol", "settings", "sources"),
    [
        (BTC, {}, ("tradingview", "binance")),
        (BTC, {"other_venue": "accept"}, ("tradingview", "binance", "coingecko")),
        ("KRAKEN:ETHEUR", {}, ("tradingview",)),
        (f"{BTC}@binance", {}, ("binance",)),
        (f"{BTC}@coingecko+tradingview", {}, ("coingecko", "tradingview")),
        ("COINGECKO:BTCUSD", {"order": ["coingecko"]}, ("coingecko",)),
        (BTC, {"orders": ["KRAKEN:*=coingecko", "BINANCE:BTC*=binance"]}, ("binance",)),
        (BTC, {"orders": ["*=binance+tradingview", "*=coingecko"]}, ("binance", "tradingview")),
    ],
)
def test_the_sources_of_a_symbol(symbol, settings, sources):
    assert order_of(symbol, config(**settings), KINDS).sources == sources


def test_a_source_with_another_venues_price_is_named_and_how_to_take_it():
    held = order_of(BTC, config(), KINDS).held
    assert f"{BTC}@coingecko" in held
    assert "COINGECKO's price" in held
    assert order_of(BTC, config(other_venue="accept"), KINDS).held == ""


@pytest.mark.parametrize(
    ("symbol", "settings", "said"),
    [
        (f"{BTC}@nosuch", {}, "no source named 'nosuch'"),
        ("ODD:XYZ", {"order": ["binance", "coingecko"]}, "none of its sources"),
        ("ODD:XYZ@binance", {}, "none of its sources (binance)"),
        ("KRAKEN:ETHEUR", {"order": ["coingecko"]}, "no source has this exchange's own price"),
    ],
)
def test_a_symbol_without_a_source_says_why(symbol, settings, said):
    found = order_of(symbol, config(**settings), KINDS)
    assert found.sources == ()
    assert said in found.why_none


@pytest.mark.parametrize(
    "settings", [{"order": ["tradingview", "binanse"]}, {"orders": ["*=binance+nosuch"]}]
)
def test_settings_that_name_a_source_that_is_not_installed_are_refused(settings):
    with pytest.raises(StartError, match="not installed") as caught:
        checked_order(config(**settings), KINDS)
    assert caught.value.code == "bad_source"
    assert "coingecko" in caught.value.hint


def test_the_order_under_settings_is_that_of_each_symbol():
    assert checked_order(config(), KINDS)(BTC) == order_of(BTC, config(), KINDS)
