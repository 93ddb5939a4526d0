"""When a connection is lost; what a session makes of it is in test_session_liveness."""

from __future__ import annotations

import pytest

from cryptostream.wire.liveness import Liveness


def begun() -> Liveness:
    found = Liveness()
    found.began(100.0)
    return found


@pytest.mark.parametrize(("now", "lost"), [(102.9, ""), (103.1, "nothing was published for 3.1 s")])
def test_three_beats_without_data_are_the_end(now, lost):
    it = begun()
    it.asked(100.0)
    it.answered(now, more=False)
    assert it.lost(1.0, now) == lost


def test_an_answer_that_is_awaited_for_too_long_is_the_end():
    it = begun()
    it.published(104.0)
    it.asked(100.5)
    it.asked(102.0)
    assert it.lost(1.0, 104.5) == ""
    assert it.lost(1.0, 104.6) == "nothing was answered for 4.1 s"
    it.answered(104.6, more=True)
    assert it.lost(1.0, 104.7) == ""
    it.published(108.7)
    assert it.lost(1.0, 108.7) != ""
    it.answered(108.7, more=False)
    assert it.lost(1.0, 110.0) == ""


def test_new_sockets_are_not_late():
    it = begun()
    it.asked(100.0)
    it.began(200.0)
    assert it.lost(1.0, 202.0) == ""
    assert not it.ping_due(9.0, 202.0)


@pytest.mark.parametrize(("lease", "after"), [(9.0, 3.0), (3600.0, 5.0)])
def test_a_ping_is_due_three_times_a_lease_and_each_five_seconds_at_least(lease, after):
    it = begun()
    assert not it.ping_due(lease, 100.0 + after - 0.1)
    assert it.ping_due(lease, 100.0 + after)
    assert not it.ping_due(lease, 100.0 + after + 0.1)


def test_whether_the_daemon_knew_us_lately():
    it = begun()
    it.known(100.0)
    assert it.known_within(10.0, 109.9)
    assert not it.known_within(10.0, 110.0)
    it.known(99.0)  # an older answer that is read later takes nothing back
    assert it.known_within(10.0, 109.9)
