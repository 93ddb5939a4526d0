import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.errors import BadSymbol
from cryptostream.symbols import (
    nearest,
    parse_symbol,
    plain_symbol,
    sources_of,
    split_symbol,
)

TICKERS = st.from_regex(r"[A-Z0-9]{2,20}(\.P)?", fullmatch=True)
EXCHANGES = st.from_regex(r"[A-Z][A-Z0-9_]{1,19}", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "symbol"),
    [
        ("BTCUSDT", "BINANCE:BTCUSDT"),
        ("  btcusdt\n", "BINANCE:BTCUSDT"),
        ("kraken:ethusd", "KRAKEN:ETHUSD"),
        ("BTCUSDT.P", "BINANCE:BTCUSDT.P"),
        ("1000PEPEUSDT", "BINANCE:1000PEPEUSDT"),
    ],
)
def test_what_a_person_types_becomes_the_canonical_symbol(typed, symbol):
    assert parse_symbol(typed) == symbol


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        None,
        7,
        b"BTCUSDT",
        ["BTCUSDT"],
        "B",
        "A" * 21,
        "BTC USDT",
        "BTC/USDT",
        ":BTCUSDT",
        "BINANCE:",
        "A::BTC",
        "BTCUSDT.P.P",
        # These would become ASCII letters if they were raised to capitals first.
        "BTCU\u017fDT",
        "\uff22\uff34\uff23",
        "١٢٣",
    ],
)
def test_what_is_no_ticker_is_refused_with_a_code_and_a_remedy(typed):
    with pytest.raises(BadSymbol) as caught:
        parse_symbol(typed)
    assert caught.value.code == "bad_symbol"
    assert caught.value.hint


def test_an_absurd_ticker_is_shown_shortened():
    with pytest.raises(BadSymbol) as caught:
        parse_symbol("X" * 10_000)
    assert len(caught.value.message) < 100


@settings(deadline=None)
@given(TICKERS, EXCHANGES)
def test_a_ticker_without_exchange_gets_the_default_one(ticker, exchange):
    assert parse_symbol(ticker, exchange) == f"{exchange}:{ticker}"


@settings(deadline=None)
@given(EXCHANGES, TICKERS)
def test_parsing_a_symbol_again_changes_nothing(exchange, ticker):
    symbol = parse_symbol(f" {exchange.lower()}:{ticker.lower()} ")
    assert parse_symbol(symbol) == symbol
    assert split_symbol(symbol) == (exchange, ticker)


@settings(deadline=None)
@given(st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.lists(st.text())))
def test_any_input_gives_a_canonical_symbol_or_the_coded_error(anything):
    try:
        symbol = parse_symbol(anything)
    except BadSymbol:
        return
    assert symbol.isascii()
    assert "/" not in symbol
    assert parse_symbol(symbol) == symbol


def test_near_names_come_best_first_and_not_more_than_asked():
    known = ["BINANCE:BTCUSDT", "BINANCE:BTCUSDC", "BINANCE:ETHUSDT", "BINANCE:BCHUSDT"]
    assert nearest("BINANCE:BTCUSDTT", known, limit=2) == ["BINANCE:BTCUSDT", "BINANCE:BTCUSDC"]
    assert nearest("BINANCE:ZZZZZZZZ", known) == []


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("btcusdt@Binance", "BINANCE:BTCUSDT@binance"),
        ("KRAKEN:etheur@ccxt+coingecko", "KRAKEN:ETHEUR@ccxt+coingecko"),
    ],
)
def test_a_ticker_may_name_its_sources(text, canonical):
    assert parse_symbol(text) == canonical
    assert parse_symbol(canonical) == canonical


@pytest.mark.parametrize(
    "text", ["BTCUSDT@", "BTCUSDT@+a", "BTCUSDT@a+a", "BTCUSDT@b@c", "BTCUSDT@ab+ab", "BTCUSDT@é"]
)
def test_sources_that_are_none_are_refused_with_the_form(text):
    with pytest.raises(BadSymbol, match="names no sources") as caught:
        parse_symbol(text)
    assert "@binance" in caught.value.hint


def test_a_symbol_is_taken_apart():
    assert split_symbol("KRAKEN:ETHEUR@ccxt") == ("KRAKEN", "ETHEUR")
    assert plain_symbol("KRAKEN:ETHEUR@ccxt") == "KRAKEN:ETHEUR"
    assert sources_of("KRAKEN:ETHEUR@ccxt+coingecko") == ("ccxt", "coingecko")
    assert sources_of("KRAKEN:ETHEUR") == ()
