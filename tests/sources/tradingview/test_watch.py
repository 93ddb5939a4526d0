import json
from decimal import Decimal

import pytest

from cryptostream.config.tradingview import TradingView
from cryptostream.sources.tradingview.watch import SOURCE, Watch
from cryptostream.sources.tradingview.words import Facts, Pulse, Value
from cryptostream.wire.hop import PageState

SYMBOL = "BINANCE:BTCUSDT"
# Milliseconds on the page's clock at which the tests begin.
MS = 1_700_000_000_000.0


def value(text: str, at: float, changes: tuple[str, ...] = (), rule: str = "header") -> Value:
    return Value(text, MS + at * 1000, rule, list(changes), 0)


def pulse(at: float, text: str = "", **facts) -> Pulse:
    found = {
        "mutations": 0,
        "visible": "visible",
        "text": text,
        "rule": "header",
        "shown": "",
        "mode": "tv-data-mode--realtime",
        "simulated": False,
    }
    return Pulse(MS + at * 1000, Facts(**(found | facts)))


def frame(**values) -> str:
    text = json.dumps({"m": "qsd", "p": ["q", {"n": SYMBOL, "s": "ok", "v": values}]})
    return f"~m~{len(text)}~m~{text}"


def live(price: str = "100") -> Watch:
    """Return the watch of a page whose first price has been confirmed after 0.2 s."""
    watch = Watch(SYMBOL, TradingView(), 0.0)
    assert watch.value(value(price, 0.0), 0.0) is None
    assert watch.value(value(price, 0.2), 0.2) is not None
    watch.pulse(pulse(0.2, price), 0.2)
    return watch


def test_a_page_is_live_from_its_first_confirmed_price():
    watch = Watch(SYMBOL, TradingView(), 0.0)
    assert watch.value(value("67,123.45", 0.0), 0.0) is None
    assert not watch.live

    tick = watch.value(value("67,123.45", 0.2), 0.2)

    assert watch.live
    assert (tick.symbol, tick.source, tick.method) == (SYMBOL, SOURCE, "dom")
    assert (tick.last, tick.rule) == (Decimal("67123.45"), "header")
    assert tick.ts_observed == int((MS + 200) * 1e6)
    assert tick.bid is tick.ask is tick.volume is tick.change is None


def test_a_price_that_came_once_is_confirmed_by_the_pulse():
    watch = Watch(SYMBOL, TradingView(), 0.0)
    watch.value(value("100", 0.0), 0.0)
    assert watch.pulse(pulse(1.0, "100"), 1.0).last == Decimal(100)
    assert watch.pulse(pulse(2.0, "100"), 2.0) is None


def test_an_equal_price_makes_no_tick():
    watch = live()
    assert watch.value(value("100.00", 0.3), 0.3) is None
    assert watch.readings == 3


def test_what_is_no_price_makes_no_tick():
    assert live().value(value("67,12", 0.3), 0.3) is None


def test_the_changes_are_those_beside_the_price():
    tick = live().value(value("101", 0.3, ("+1.00", "+1.00%")), 0.3)
    assert (tick.change, tick.change_percent) == (Decimal("1.00"), Decimal("1.00"))


def test_bid_ask_and_volume_come_from_the_pages_own_frames():
    watch = live()
    watch.frame(frame(lp=101, bid=100.5, ask=101.5, volume=7.5, ch=1, chp=0.99), 0.3, 1)
    tick = watch.value(value("101", 0.3, ("+9", "+9%")), 0.3)
    assert (tick.bid, tick.ask, tick.volume) == (Decimal("100.5"), Decimal("101.5"), Decimal("7.5"))
    # The frames speak of the same price, and exactly.
    assert (tick.change, tick.change_percent) == (Decimal(1), Decimal("0.99"))


def test_a_new_bid_alone_makes_a_tick_of_its_own():
    tick = live().frame(frame(bid=99.5), 0.3, 1_700)
    assert (tick.method, tick.last, tick.bid) == ("frames", Decimal(100), Decimal("99.5"))
    assert tick.ts_observed == 1_700


def test_a_new_last_price_in_the_frames_is_left_to_the_page():
    watch = live()
    assert watch.frame(frame(lp=101, bid=100.5), 0.3, 1) is None
    assert watch.frame(frame(volume=5), 0.3, 1) is None


def test_frames_before_the_first_price_make_no_tick():
    assert Watch(SYMBOL, TradingView(), 0.0).frame(frame(bid=1), 0.0, 1) is None


def test_a_page_that_does_not_follow_its_frames_is_frozen():
    watch = live()
    watch.frame(frame(lp=105), 1.0, 1)
    watch.pulse(pulse(3.1, "100"), 3.1)
    found = watch.finding(3.1)
    assert (found.state, found.code) == (PageState.STALE, "dom_frozen")
    watch.value(value("105", 3.2), 3.2)
    assert watch.finding(3.2).state is PageState.LIVE


def test_a_large_jump_is_suspect_until_it_is_confirmed():
    watch = live()
    assert watch.value(value("1000", 0.3), 0.3) is None
    found = watch.finding(0.3)
    assert (found.state, found.code) == (PageState.SUSPECT, "implausible")
    assert watch.pulse(pulse(1.3, "1000"), 1.3) is None
    assert watch.pulse(pulse(5.3, "1000"), 5.3).last == Decimal(1000)
    assert watch.finding(5.3).state is PageState.LIVE


@pytest.mark.parametrize("by", ["badge", "frames"])
def test_delayed_prices_are_suspect(by):
    watch = live()
    if by == "frames":
        watch.frame(frame(update_mode="delayed_streaming_900"), 0.3, 1)
    mode = "tv-data-mode tv-data-mode--delayed" if by == "badge" else ""
    watch.pulse(pulse(1.0, "100", mode=mode), 1.0)
    found = watch.finding(1.0)
    assert (found.state, found.code) == (PageState.SUSPECT, "delayed")


def test_a_simulated_page_stays_labelled_as_one():
    watch = live()
    watch.pulse(pulse(1.0, "100", simulated=True), 1.0)
    watch.pulse(pulse(2.0, "100", simulated=False), 2.0)
    assert watch.value(value("101", 2.1), 2.1).simulated


def test_a_page_of_another_symbol_is_noticed():
    watch = Watch(SYMBOL, TradingView(), 0.0)
    watch.pulse(pulse(1.0, shown="KRAKEN:BTCUSDT"), 1.0)
    assert watch.shown == "KRAKEN:BTCUSDT"


def test_a_hung_page_is_stale_whatever_else_it_did():
    watch = live()
    watch.value(value("101", 7.0), 7.0)
    assert watch.finding(7.0).code == "page_hung"
