"""What one client wants, and how far it was followed."""

from __future__ import annotations

from cryptostream.wire.effects import Deafen, Listen
from cryptostream.wire.following import Mode
from cryptostream.wire.subscriptions import Subscriptions

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
TOPICS = [b"status/BINANCE:BTCUSDT/", b"tick/BINANCE:BTCUSDT/", b"trade/BINANCE:BTCUSDT/"]


def test_symbols_are_known_by_what_the_user_wrote():
    it = Subscriptions()
    it.add(ETH, "eth/usdt")
    it.add(BTC, "BTCUSDT")
    assert it.symbols() == [BTC, ETH]
    assert (it.ticker_of(ETH), it.ticker_of("X:Y")) == ("eth/usdt", None)
    assert BTC in it
    assert "X:Y" not in it


def test_how_far_a_value_can_be_trusted_is_listened_to_before_it():
    it = Subscriptions()
    it.add(BTC, "BTCUSDT")
    assert it.topics == {}
    assert it.listen(BTC) == [Listen(name) for name in TOPICS]
    assert [*it.topics] == TOPICS


def test_listening_again_goes_on_where_it_was_left():
    it = Subscriptions()
    it.add(BTC, "BTCUSDT")
    it.listen(BTC)
    found = it.topics[TOPICS[1]]
    found.seq, found.mode = 7, Mode.LIVE
    it.listen(BTC)
    assert it.topics[TOPICS[1]].seq == 7
    it.resync()
    assert found.mode is Mode.SYNCING


def test_what_is_dropped_is_forgotten_and_what_was_never_listened_to_needs_no_end():
    it = Subscriptions()
    for symbol in (BTC, ETH):
        it.add(symbol, symbol)
    it.listen(BTC)
    assert it.drop(BTC) == [Deafen(name) for name in TOPICS]
    assert it.drop(ETH) == []
    assert it.drop("X:Y") == []
    assert (it.symbols(), it.topics) == ([], {})


def test_a_ticker_without_an_exchange_means_nothing_before_the_default_is_known():
    it = Subscriptions()
    assert it.meaning("btcusd") is None
    assert it.meaning("kraken:btcusd") == "KRAKEN:BTCUSD"
    it.hold("btcusd")
    it.hold("ethusd")
    it.release(" ETHUSD ")
    assert it.learn("KRAKEN") == ["btcusd"]
    assert it.learn("KRAKEN") == []
    assert it.meaning("btcusd") == "KRAKEN:BTCUSD"


def test_what_was_written_keeps_its_meaning_as_long_as_it_is_wanted():
    it = Subscriptions()
    it.learn("KRAKEN")
    it.add("KRAKEN:BTCUSD", "BTCUSD")
    it.learn("BINANCE")
    assert it.meaning(" btcusd") == "KRAKEN:BTCUSD"
    it.drop("KRAKEN:BTCUSD")
    assert it.meaning("btcusd") == "BINANCE:BTCUSD"


def test_a_word_of_the_daemon_is_for_all_ways_of_writing_that_await_it():
    it = Subscriptions()
    assert it.add(BTC, "btcusdt", after=3)
    assert not it.add(BTC, "BTCUSDT", after=9)
    assert not it.add(BTC, "BTCUSDT")
    assert [it.is_spoken_of(BTC, call_id) for call_id in (3, 4)] == [False, True]
    assert not it.is_spoken_of(ETH, 4)
    assert not it.is_confirmed(BTC)
    assert it.confirm(BTC) == ["btcusdt", "BTCUSDT"]
    assert it.is_confirmed(BTC)
    assert it.confirm(BTC) == ["btcusdt"]  # said anew after a reconnection
    assert it.concerned(BTC) == ["btcusdt"]
