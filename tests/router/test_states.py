import pytest

from cryptostream.records import DataState, Phase, StreamState
from cryptostream.router.states import (
    AXES,
    BLOCKED_CODES,
    INVALID_CODES,
    PHASE_OF,
    status_of,
    status_of_report,
)
from cryptostream.wire.hop import PageState, Report


def report(state: PageState) -> Report:
    return Report(
        symbol="A:BC", generation=1, state=state, code="c", text="t", ts=5, simulated=True
    )


def test_every_phase_has_its_two_axes_and_every_page_state_its_phase():
    assert set(AXES) == set(Phase)
    assert set(PHASE_OF) == set(PageState)


@pytest.mark.parametrize("phase", Phase)
def test_data_are_ok_only_while_the_price_is_the_present_one(phase):
    ok = AXES[phase][1] is DataState.OK
    assert ok == (phase in {Phase.LIVE, Phase.QUIET})


@pytest.mark.parametrize(
    ("phase", "stream"),
    [
        (Phase.RETRYING, StreamState.OPEN),
        (Phase.STALE, StreamState.OPEN),
        (Phase.FAILED, StreamState.CLOSED_RECOVER),
        (Phase.INVALID, StreamState.CLOSED),
        (Phase.CLOSED, StreamState.CLOSED),
    ],
)
def test_the_stream_axis_tells_whether_more_will_come(phase, stream):
    assert AXES[phase][0] is stream


def test_a_status_has_the_axes_of_its_phase():
    status = status_of("A:BC", Phase.RETRYING, "crashed", "why", 9, attempt=3, ts_next=11)
    assert (status.stream, status.data) == (StreamState.OPEN, DataState.SUSPECT)
    assert (status.code, status.text, status.ts) == ("crashed", "why", 9)
    assert (status.attempt, status.ts_next) == (3, 11)


def test_a_live_page_in_doubt_is_live_and_suspect():
    status = status_of_report(report(PageState.SUSPECT), "tradingview", 0)
    assert (status.phase, status.data) == (Phase.LIVE, DataState.SUSPECT)


@pytest.mark.parametrize("state", PageState)
def test_a_report_becomes_a_status_with_its_words_and_its_label(state):
    status = status_of_report(report(state), "tradingview", 2)
    assert status.phase is PHASE_OF[state]
    assert (status.code, status.text, status.ts) == ("c", "t", 5)
    assert (status.source, status.attempt, status.simulated) == ("tradingview", 2, True)


def test_no_code_means_both_wrong_for_ever_and_come_back_later():
    assert not INVALID_CODES & BLOCKED_CODES
