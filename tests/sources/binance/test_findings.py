"""How a ticker is doing: the table from facts to states."""

import pytest

from cryptostream.config.binance import Binance
from cryptostream.sources.binance.findings import Trouble, finding
from cryptostream.sources.binance.quotes import Counts, Quotes
from cryptostream.wire.hop import PageState
from tests.sources.binance.samples import NOW, trade

S = 1_000_000_000
SETTINGS = Binance(quiet_after=30.0, first_value_timeout=10.0)
DOWN = Trouble("reconnecting", "cut")


def found(quotes=None, *, after=0, **changes):
    facts = {"carried": True, "was_live": False, "waited": 1.0, "trouble": None} | changes
    return finding(quotes or lively(), SETTINGS, now_ns=NOW + after, **facts)


def lively():
    quotes = Quotes("BTCUSDT", Counts(), trades=True)
    quotes.trade(trade(1), NOW)
    return quotes


def empty():
    return Quotes("BTCUSDT", Counts(), trades=True)


def gone():
    quotes = lively()
    quotes.interrupted()
    return quotes


@pytest.mark.parametrize(
    ("made", "changes", "state", "code"),
    [
        (lively, {}, PageState.LIVE, "ok"),
        (lively, {"after": 30 * S}, PageState.LIVE, "ok"),
        (lively, {"after": 31 * S}, PageState.QUIET, "quiet"),
        (lively, {"carried": False}, PageState.LOADING, "loading"),
        (empty, {}, PageState.LOADING, "loading"),
        (empty, {"trouble": DOWN}, PageState.LOADING, "reconnecting"),
        (empty, {"waited": 10.1}, PageState.FAILED, "no_price"),
        (lively, {"carried": False, "waited": 10.1}, PageState.FAILED, "no_price"),
        (empty, {"waited": 10.1, "trouble": Trouble("banned", "x", retry_after=9.0)},
         PageState.FAILED, "banned"),
        (gone, {"was_live": True}, PageState.STALE, "reconnecting"),
        (gone, {"was_live": True, "waited": 9999.0}, PageState.STALE, "reconnecting"),
        (gone, {"was_live": True, "trouble": Trouble("rate_limited", "x")},
         PageState.STALE, "rate_limited"),
    ],
)  # fmt: skip
def test_facts_lead_to_a_state(made, changes, state, code):
    result = found(made(), **changes)
    assert (result.state, result.code) == (state, code)
    assert result.text


def test_a_hole_is_doubtful_for_a_while():
    quotes = lively()
    quotes.trade(trade(5), NOW)
    doubt = found(quotes, after=S - 1)
    assert (doubt.state, doubt.code) == (PageState.SUSPECT, "trade_gap")
    assert "3" in doubt.text
    assert found(quotes, after=S).state is PageState.LIVE


def test_a_pause_that_was_asked_for_is_passed_on():
    trouble = Trouble("banned", "x", retry_after=9.0)
    assert found(empty(), waited=11.0, trouble=trouble).retry_after == 9.0
    assert found(empty(), trouble=trouble).state is PageState.LOADING
    assert found(gone(), was_live=True, trouble=trouble).retry_after == 9.0


def test_a_pause_that_is_too_long_is_the_end_at_once():
    result = found(empty(), trouble=Trouble("banned", "x", retry_after=120.0))
    assert (result.state, result.code, result.retry_after) == (PageState.FAILED, "banned", 120.0)
    stale = found(gone(), was_live=True, trouble=Trouble("banned", "x", retry_after=120.0))
    assert stale.state is PageState.STALE
