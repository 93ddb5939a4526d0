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
