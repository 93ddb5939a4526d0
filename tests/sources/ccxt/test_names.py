"""Names of exchanges and their addresses."""

import pytest

from cryptostream.config.ccxt import Ccxt
from cryptostream.errors import ConfigError
from cryptostream.sources.ccxt.names import Address, addresses_of, ids_by_exchange, is_local, place

SETTINGS = (
    "kraken:api.public=http://127.0.0.1:7790",
    "kraken:api.ws.publicV2=ws://127.0.0.1:7790/v2?a=b",
    "binance:api.public=http://example.org/api/v3",
)


def table():
    return {
        "logo": "https://example.org/logo",
        "api": {"public": "https://x", "ws": {"publicV2": "wss://y"}},
    }


def test_the_last_setting_of_an_exchange_counts():
    assert ids_by_exchange(("A1=a", "B1=b", "A1=c")) == {"A1": "c", "B1": "b"}


def test_the_usual_exchanges_are_named_once():
    assert len(ids_by_exchange(Ccxt().exchanges)) == len(Ccxt().exchanges)


def test_only_the_own_addresses_are_taken():
    assert addresses_of("kraken", SETTINGS) == [
        Address(("api", "public"), "http://127.0.0.1:7790"),
        Address(("api", "ws", "publicV2"), "ws://127.0.0.1:7790/v2?a=b"),
    ]
    assert addresses_of("bitstamp", SETTINGS) == []


def test_an_address_is_put_in_its_place():
    urls = table()
    for address in addresses_of("kraken", SETTINGS):
        place(urls, address)
    assert urls["api"] == {
        "public": "http://127.0.0.1:7790",
        "ws": {"publicV2": "ws://127.0.0.1:7790/v2?a=b"},
    }


@pytest.mark.parametrize("path", ["api", "api.private", "api.public.more", "nothing.at.all", ""])
def test_a_place_that_is_not_there_is_refused_with_those_that_are(path):
    with pytest.raises(ConfigError, match="has no address") as caught:
        place(table(), Address(tuple(path.split(".")), "http://x"))
    assert "api.public, api.ws.publicV2" in caught.value.hint


@pytest.mark.parametrize(
    ("urls", "local"),
    [
        ([], False),
        (["http://127.0.0.1:1"], True),
        (["http://localhost", "ws://[::1]:1/v2"], True),
        (["http://127.0.0.1", "wss://ws.kraken.com"], False),
    ],
)
def test_an_exchange_is_local_when_all_of_it_is(urls, local):
    assert is_local(Address(("x",), url) for url in urls) is local
