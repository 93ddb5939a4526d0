import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.sources.tradingview.vigil import (
    MISMATCH_AFTER,
    PULSE_MISSES,
    SOCKET_SILENCE,
    Vigil,
)
from cryptostream.wire.hop import PageState

LIVE, QUIET, STALE = PageState.LIVE, PageState.QUIET, PageState.STALE
STALE_AFTER = 15.0


def ticking(gap: float, count: int = 100) -> tuple[Vigil, float]:
    """Return a vigil over a page that had a price every ``gap`` seconds, and the time."""
    vigil, now = Vigil(STALE_AFTER, 0.0), 0.0
    vigil.first(now)
    for _ in range(count):
        now += gap
        vigil.moved(now)
    return vigil, now


def look(vigil: Vigil, now: float) -> tuple[PageState, str]:
    """Look at a page whose own pulse is in order."""
    vigil.pulsed(now)
    found = vigil.look(now)
    assert found.text
    return found.state, found.code


def test_a_page_that_ticks_is_live():
    vigil, now = ticking(0.2)
    assert look(vigil, now + 0.2) == (LIVE, "ok")


def test_a_busy_symbol_that_falls_silent_is_quiet_first_and_then_stale():
    vigil, now = ticking(0.2)
    assert look(vigil, now + 5.1) == (QUIET, "quiet")
    assert look(vigil, now + 6.0) == (STALE, "silent")


def test_a_slow_symbol_may_be_silent_for_as_long_as_it_usually_is():
    vigil, now = ticking(30.0)
    assert look(vigil, now + 100.0) == (LIVE, "ok")
    assert look(vigil, now + 300.0) == (QUIET, "quiet")
    assert look(vigil, now + 900.0) == (STALE, "silent")


def test_a_symbol_whose_rhythm_is_unknown_is_quiet_and_never_stale_by_silence():
    vigil = Vigil(STALE_AFTER, 0.0)
    vigil.first(10.0)
    assert look(vigil, 10.0 + STALE_AFTER) == (LIVE, "ok")
    assert look(vigil, 10_000.0) == (QUIET, "quiet")
    assert vigil.silence_allowed() is None


def test_the_time_before_the_first_price_is_no_silence():
    vigil = Vigil(STALE_AFTER, 0.0)
    vigil.first(19.0)
    vigil.moved(19.5)
    assert vigil.silent_for(20.0) == 0.5
    assert look(vigil, 20.0) == (LIVE, "ok")


def test_one_long_gap_is_remembered_and_fades():
    vigil, now = ticking(0.2)
    vigil.moved(now + 60.0)
    allowed = vigil.silence_allowed()
    assert allowed >= 90.0
    for step in range(1, 1_000):
        vigil.moved(now + 60.0 + step * 0.2)
    assert vigil.silence_allowed() < 10.0


def test_a_page_without_pulse_is_hung():
    vigil, now = ticking(0.2)
    vigil.pulsed(now)
    vigil.moved(now + PULSE_MISSES + 1.0)
    found = vigil.look(now + PULSE_MISSES + 1.0)
    assert (found.state, found.code) == (STALE, "page_hung")


def test_a_page_that_shows_another_price_than_its_frames_for_long_is_frozen():
    vigil, now = ticking(1.0)
    vigil.compared(False, now)
    vigil.compared(False, now + 1.0)
    assert look(vigil, now + MISMATCH_AFTER) == (LIVE, "ok")
    assert look(vigil, now + MISMATCH_AFTER + 0.1) == (STALE, "dom_frozen")
    vigil.compared(True, now + 2.2)
    assert look(vigil, now + 2.3) == (LIVE, "ok")


def test_a_quote_socket_that_falls_silent_is_told_only_when_there_was_one():
    vigil, now = ticking(30.0)
    assert look(vigil, now + SOCKET_SILENCE + 1.0) == (LIVE, "ok")
    vigil.lived(now)
    assert look(vigil, now + SOCKET_SILENCE) == (LIVE, "ok")
    assert look(vigil, now + SOCKET_SILENCE + 1.0) == (STALE, "socket_silent")


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=60))
def test_a_gap_like_the_longest_of_late_is_never_stale(gaps):
    vigil, now = Vigil(STALE_AFTER, 0.0), 0.0
    vigil.first(now)
    for gap in gaps:
        now += gap
        vigil.moved(now)
    assert look(vigil, now + max(gaps[-10:]))[0] is not STALE


@pytest.mark.parametrize("silence", [1e3, 1e6])
def test_a_symbol_that_used_to_tick_does_not_stay_quiet_for_ever(silence):
    vigil, now = ticking(1.0)
    assert look(vigil, now + silence) == (STALE, "silent")
