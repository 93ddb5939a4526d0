"""Which methods an exchange is watched with."""

import ccxt.pro
import pytest

from cryptostream.sources.ccxt.methods import What, methods_of, spot_only

ALL = {
    "watchTickers": True,
    "watchTicker": True,
    "watchBidsAsks": True,
    "watchTrades": True,
    "watchTradesForSymbols": True,
    "fetchTickers": True,
    "fetchTicker": True,
}


def names(methods):
    return [method.name for method in methods.watched]


@pytest.mark.parametrize(
    ("missing", "watched", "polled", "polls"),
    [
        (
            (),
            ["watch_tickers", "watch_bids_asks", "watch_trades_for_symbols"],
            "fetch_tickers",
            False,
        ),
        (
            ("watchTickers", "watchBidsAsks", "watchTradesForSymbols", "fetchTickers"),
            ["watch_ticker", "watch_trades"],
            "fetch_ticker",
            False,
        ),
        (
            ("watchTickers", "watchTicker", "watchBidsAsks"),
            ["watch_trades_for_symbols"],
            "fetch_tickers",
            True,
        ),
        (
            tuple(name for name in ALL if name != "fetchTickers"),
            [],
            "fetch_tickers",
            True,
        ),
    ],
)
def test_the_best_method_is_taken_of_those_that_there_are(missing, watched, polled, polls):
    has = ALL | dict.fromkeys(missing, False)
    methods = methods_of("some", has)
    assert (names(methods), methods.polled.name, methods.polls) == (watched, polled, polls)


def test_one_subscription_is_not_made_twice():
    methods = methods_of("kraken", ALL)
    assert names(methods) == ["watch_bids_asks", "watch_trades_for_symbols"]
    assert methods.watched[0].what is What.TICKERS
    assert not methods.polls


def test_what_cannot_be_streamed_is_polled():
    methods = methods_of("some", ALL, streams=False)
    assert (methods.watched, methods.polled.name, methods.polls) == ((), "fetch_tickers", True)


def test_what_is_only_emulated_or_unknown_is_not_there():
    methods = methods_of("some", {"watchTickers": "emulated", "watchTrades": None})
    assert (methods.watched, methods.polled) == ((), None)


def test_every_method_that_is_chosen_is_there():
    """The names are those of the library, for every exchange that it streams."""
    for name in ccxt.pro.exchanges:
        exchange = getattr(ccxt.pro, name)
        for method in methods_of(name, dict.fromkeys(ALL, True)).watched:
            assert callable(getattr(exchange, method.name))


@pytest.mark.parametrize(
    ("types", "spot"),
    [
        (["spot", "linear", "inverse"], ["spot"]),
        (["linear"], ["linear"]),
        ({"spot": True, "swap": True}, {"spot": True, "swap": False}),
        (None, None),
    ],
)
def test_only_spot_markets_are_loaded(types, spot):
    assert spot_only(types) == spot
