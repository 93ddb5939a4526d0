"""One connection's messages: decoded, routed, handed on; the rest is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.records import TickText, TradeText
from cryptostream.sources.binance.intake import Intake, Publisher
from cryptostream.sources.binance.messages import Answer
from cryptostream.sources.binance.quotes import Counts, Quotes
from tests.sources.binance.samples import NOW, NOW_MS

TRADE = (
    f'{{"e":"trade","E":1,"s":"BTCUSDT","t":7,"p":"1.5","q":"2","T":{NOW_MS},"m":true}}'.encode()
)
BOOK = b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
DAY = (
    b'{"e":"24hrMiniTicker","E":1,"s":"BTCUSDT","c":"1.4","o":"1","h":"2","l":"1","v":"9","q":"9"}'
)


class Bench:
    """An intake with one ticker, and all that it says."""

    def __init__(self, also=()):
        self.said = []
        self.counts = Counts()
        self.quotes = Quotes("BTCUSDT", self.counts, trades=True)
        self.quotes.symbol, self.quotes.also = "BINANCE:BTCUSDT", also
        publisher = Publisher(self, self)
        self.intake = Intake(
            publisher, self.counts, self.said.append, lambda: self.said.append("shutdown")
        )
        self.intake.routes["BTCUSDT"] = (self.quotes, self.quotes)
        self.take = lambda payload: self.intake.take(payload, NOW)

    def tick(self, record):
        self.said.append(record)

    trade = tick

    def report(self, report):
        raise AssertionError("an intake reports nothing")

    def flush(self):
        raise AssertionError("an intake flushes nothing")

    def look_at(self, quotes):
        self.said.append(("look", quotes.ticker))
        quotes.settled = True


def test_a_trade_is_looked_at_first_and_handed_on_as_trade_and_tick():
    bench = Bench()
    bench.take(TRADE)
    assert len(bench.said) == 2
    bench.intake.settle()
    look, trade, tick = bench.said
    assert look == ("look", "BTCUSDT")
    assert isinstance(trade, TradeText)
    assert isinstance(tick, TickText)


def test_what_is_settled_is_not_looked_at():
    bench = Bench()
    bench.quotes.settled = True
    for payload in (TRADE, BOOK, DAY):
        bench.take(payload)
    assert [type(item).__name__ for item in bench.said] == ["TradeText", "TickText", "TickText"]


def test_of_several_trades_in_one_read_the_tick_shows_the_last_and_no_book_top_is_left_out():
    bench = Bench()
    later, latest = (TRADE.replace(b'"t":', b'"t":' + digit) for digit in (b"1", b"2"))
    for payload in (TRADE, later, BOOK, latest):
        bench.take(payload)
    records = [type(item).__name__ for item in bench.said if not isinstance(item, tuple)]
    assert records == ["TradeText", "TradeText", "TickText", "TradeText"]

    bench.said.clear()
    bench.intake.settle()
    bench.intake.settle()

    assert [type(item).__name__ for item in bench.said] == ["TickText"]


def test_every_symbol_of_the_ticker_gets_its_records():
    bench = Bench(also=("BINANCE:BTCUSDT@binance",))
    bench.take(TRADE)
    bench.intake.settle()
    symbols = [item.symbol for item in bench.said[1:]]
    assert symbols == ["BINANCE:BTCUSDT", "BINANCE:BTCUSDT@binance"] * 2


def test_answers_and_notices_go_their_way():
    bench = Bench()
    bench.take(b'{"result":null,"id":3}')
    bench.take(b'{"e":"serverShutdown","E":1}')
    assert bench.said == [Answer(3), "shutdown"]


@pytest.mark.parametrize(
    ("payload", "counter"),
    [
        (b"nonsense", "malformed"),
        (TRADE[:50], "malformed"),
        (TRADE.replace(b'"1.5"', b'"0"'), "malformed"),
        (TRADE.replace(b"BTCUSDT", b"ETHUSDT"), "unrouted"),
        (b'{"e":"kline"}', "unexpected"),
    ],
)
def test_what_cannot_be_used_is_counted(payload, counter):
    bench = Bench()
    bench.take(payload)
    assert getattr(bench.counts, counter) == 1
    assert bench.said == []


@given(st.binary(max_size=120))
def test_no_bytes_make_it_raise(payload):
    Bench().take(payload)
