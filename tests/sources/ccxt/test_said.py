"""Records and reports as the source makes them."""

from decimal import Decimal

from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.convert import Print, Quote
from cryptostream.sources.ccxt.said import Moment, moment, tick_of, trade_of
from cryptostream.sources.reporting import failed_report
from cryptostream.wire.hop import PageState

AT = Moment(1.0, 2)


def test_a_tick_says_all_that_is_known():
    values = dict.fromkeys(("bid", "ask", "change", "change_percent", "volume"), Decimal(7))
    tick = tick_of("K:X", Quote(at=1, **values), Decimal(5), "poll", AT, simulated=True)
    assert (tick.last, tick.method, tick.source, tick.simulated) == (5, "poll", "ccxt", True)
    assert (tick.ts_observed, tick.ts_source, tick.timeliness) == (2, 1, "real_time")
    assert all(getattr(tick, name) == value for name, value in values.items())
    assert (tick.venue, tick.currency) == (None, None)


def test_a_trade_is_said_as_it_is():
    trade = trade_of("K:X", Print(Decimal(5), Decimal(6), "sell", "n", 1), AT, simulated=False)
    assert (trade.price, trade.quantity, trade.side, trade.trade_id) == (5, 6, "sell", "n")
    assert (trade.ts_observed, trade.ts_source, trade.method) == (2, 1, "stream")


def test_a_failure_says_whether_to_try_again():
    error = SourceError("text", code="halted", hint="wait", retriable=False)
    error.retry_after = 3.0
    report = failed_report("K:X", 4, error, AT.now_ns, simulated=True)
    assert (report.state, report.code, report.text) == (PageState.FAILED, "halted", "text (wait)")
    assert (report.retriable, report.retry_after, report.generation) == (False, 3.0, 4)


def test_a_moment_is_one_on_both_clocks():
    first, second = moment(), moment()
    assert first.now <= second.now
    assert first.now_ns <= second.now_ns
