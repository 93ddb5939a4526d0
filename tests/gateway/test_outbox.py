"""The queue of one viewer: warned, cleared, closed; never a message dropped from the middle."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.gateway.outbox import Outbox, Verdict

FINE, WARN, CLEAR, CLOSE = Verdict.FINE, Verdict.WARN, Verdict.CLEAR, Verdict.CLOSE


def test_it_warns_once_above_three_quarters_and_clears_once_below_one_half():
    outbox = Outbox(100, 10.0)

    assert [outbox.put(b"x" * 20, 0.0) for _ in range(5)] == [FINE, FINE, FINE, WARN, FINE]
    assert [outbox.taken() for _ in range(5)] == [FINE, FINE, CLEAR, FINE, FINE]
    assert outbox.queued == 0
    assert outbox.high_water == 100


def test_a_full_queue_ends_it():
    outbox = Outbox(100, 10.0)
    outbox.put(b"x" * 90, 0.0)

    assert outbox.put(b"x" * 11, 0.0) is CLOSE
    assert len(outbox) == 1


def test_a_message_that_waits_too_long_ends_it():
    outbox = Outbox(100, 10.0)
    outbox.put(b"x", 0.0)

    assert not outbox.is_late(10.0)
    assert outbox.is_late(10.1)
    assert outbox.put(b"x", 10.1) is CLOSE


@given(st.lists(st.integers(0, 40)))
def test_the_bound_holds_and_the_order_too(sizes):
    outbox = Outbox(100, 10.0)
    expected: list[bytes] = []
    for number, size in enumerate(sizes):
        message = bytes([number % 251]) * size
        if size % 3 == 0 and outbox.take() is not None:
            assert outbox.take() == expected.pop(0)
            outbox.taken()
        if outbox.put(message, 0.0) is not CLOSE:
            expected.append(message)
        assert outbox.queued == sum(map(len, expected)) <= 100
