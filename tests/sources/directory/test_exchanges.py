"""Each exchange's format: what is read, what is left out, and what is no listing."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.config.directory import Directory
from cryptostream.errors import SourceError
from cryptostream.sources.directory.exchanges import BINANCE, COINBASE, KRAKEN, asked
from cryptostream.symbols import is_ticker
from tests.sources.directory import samples

EVERY = (BINANCE, KRAKEN, COINBASE)


def parsed(exchange, listing):
    return {one.ticker: one for one in exchange.parse(json.dumps(listing).encode())}


def binance(*symbols):
    return {"symbols": list(symbols)}


def test_binance_says_status_steps_and_decimals():
    found = parsed(BINANCE, samples.LISTINGS[samples.BINANCE])

    one = found["BTCUSDT"]
    assert (one.base, one.quote, one.status, one.trading) == ("BTC", "USDT", "TRADING", True)
    assert (one.tick_size, one.precision, one.lot_step) == (Decimal("0.01"), 2, Decimal("0.00001"))
    assert (found["LUNCUSDT"].status, found["LUNCUSDT"].trading) == ("BREAK", False)


@pytest.mark.parametrize("status", ["HALT", "END_OF_DAY", "CANCEL_ONLY", "SOMETHING_NEW"])
def test_any_other_status_of_binance_is_a_halt(status):
    symbol = samples.binance_symbol("BTCUSDT", "BTC", "USDT", status)
    assert parsed(BINANCE, binance(symbol))["BTCUSDT"].trading is False


def test_kraken_is_read_by_the_names_that_all_others_use():
    found = parsed(KRAKEN, samples.LISTINGS[samples.KRAKEN])

    assert set(found) == {"BTCUSD", "ETHEUR", "DOGEUSD"}
    one = found["ETHEUR"]
    assert (one.base, one.quote, one.tick_size, one.precision) == ("ETH", "EUR", Decimal("0.01"), 2)
    assert one.lot_step == Decimal("1E-8")


@pytest.mark.parametrize(
    ("status", "trading"),
    [
        ("online", True),
        ("limit_only", True),
        ("reduce_only", True),
        ("post_only", False),
        ("cancel_only", False),
        ("something_new", False),
    ],
)
def test_kraken_trades_while_orders_can_meet(status, trading):
    listing = {"error": [], "result": {"A": samples.kraken_pair("ETH/EUR", status)}}
    assert parsed(KRAKEN, listing)["ETHEUR"].trading is trading


def test_kraken_without_a_tick_size_has_the_step_of_its_decimals():
    pair = samples.kraken_pair("ETH/EUR", pair_decimals=3, tick_size=None)
    one = parsed(KRAKEN, {"error": [], "result": {"A": pair}})["ETHEUR"]
    assert (one.tick_size, one.precision) == (Decimal("0.001"), 3)


def test_a_dark_pool_of_kraken_is_left_out():
    pool = samples.kraken_pair("ETH/EUR") | {"wsname": None, "altname": "ETHEUR.d"}
    listing = {"error": [], "result": {"A": samples.kraken_pair("XBT/USD"), "B": pool}}
    assert set(parsed(KRAKEN, listing)) == {"BTCUSD"}


def test_kraken_refuses_with_status_200():
    with pytest.raises(SourceError, match="Too many requests") as refusal:
        parsed(KRAKEN, {"error": ["EGeneral:Too many requests"], "result": {}})
    assert refusal.value.code == "http_error"


@pytest.mark.parametrize(
    ("more", "status", "trading"),
    [
        ({}, "online", True),
        ({"limit_only": True}, "online", True),
        ({"trading_disabled": True}, "trading_disabled", False),
        ({"cancel_only": True}, "cancel_only", False),
        ({"post_only": True}, "post_only", False),
        ({"status": "delisted", "trading_disabled": True}, "delisted", False),
    ],
)
def test_coinbase_halts_in_several_ways(more, status, trading):
    found = parsed(COINBASE, [{**samples.coinbase_product("BTC-USD"), **more}])["BTCUSD"]
    assert (found.status, found.trading) == (status, trading)
    assert (found.tick_size, found.precision, found.lot_step) == (
        Decimal("0.01"),
        2,
        Decimal("1E-8"),
    )


def test_what_no_symbol_can_name_is_left_out():
    odd = samples.binance_symbol("币安人生USDT", "币安人生", "USDT")
    found = parsed(BINANCE, binance(odd, samples.binance_symbol("ETHBTC", "ETH", "BTC")))
    assert set(found) == {"ETHBTC"}


def test_a_letter_that_becomes_ascii_in_capitals_names_nothing():
    products = [samples.coinbase_product("ß-USD"), samples.coinbase_product("BTC-USD")]
    assert set(parsed(COINBASE, products)) == {"BTCUSD"}


def test_of_two_with_one_name_the_one_that_trades_is_kept():
    halted = samples.coinbase_product("BTC-USD", "delisted")
    for products in ([halted, samples.coinbase_product("BTC-USD")], [halted, halted]):
        for order in (products, products[::-1]):
            found = parsed(COINBASE, order)["BTCUSD"]
            assert found.trading is any(one["status"] == "online" for one in products)


@pytest.mark.parametrize(
    "steps", [[], [{}], [{"filterType": "PRICE_FILTER", "tickSize": 0.01}], [{"tickSize": "1"}]]
)
def test_a_step_that_cannot_be_read_is_only_missing(steps):
    symbol = {**samples.binance_symbol("ETHBTC", "ETH", "BTC"), "filters": steps}
    one = parsed(BINANCE, binance(symbol))["ETHBTC"]
    assert (one.tick_size, one.precision, one.lot_step) == (None, None, None)


@pytest.mark.parametrize("exchange", EVERY, ids=lambda exchange: exchange.name)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b"null",
        b"[]",
        b"{}",
        b'{"symbols": []}',
        b'{"error": [], "result": {}}',
        b'{"symbols": [{"symbol": "BTCUSDT"}]}',
        b'{"error": [], "result": {"A": {"wsname": "A/B"}}}',
        b'[{"base_currency": 1}]',
        b'{"a": ' + b"[" * 100_000,
        b'{"\xff": 1}',
    ],
)
def test_what_is_no_listing_is_a_coded_error(exchange, body):
    with pytest.raises(SourceError) as refusal:
        exchange.parse(body)
    assert refusal.value.code == "malformed"
    assert refusal.value.retriable


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def bent(listing):
    """Return listings of which one value, somewhere, is another one."""
    text = json.dumps(listing)
    values = ['"0.1"', '"TRADING"', '"online"', "1", '"ETH/EUR"', '"USD"', '"ETH"', "[]", "null"]
    return st.tuples(st.sampled_from(values), JSON, st.integers(0, 4)).map(
        lambda change: text.replace(change[0], json.dumps(change[1]), change[2] or -1).encode()
    )


BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("exchange", EVERY, ids=lambda exchange: exchange.name)
@given(data=st.data())
def test_any_body_is_a_listing_or_a_coded_error(exchange, data):
    good = samples.LISTINGS[exchange.path.partition("?")[0]]
    body = data.draw(BODIES | bent(good))
    try:
        found = exchange.parse(body)
    except SourceError:
        return
    assert found
    assert all(is_ticker(one.ticker) for one in found)
    assert len({one.ticker for one in found}) == len(found)
    assert all(one.tick_size is None or one.tick_size > 0 for one in found)


def test_only_exchanges_with_an_address_are_asked():
    settings = Directory(binance_url="http://a", kraken_url="", coinbase_url="http://c")
    assert asked(settings) == {BINANCE: "http://a", COINBASE: "http://c"}
