"""Which trades are missing."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.binance.holes import MOST, Holes


def test_a_hole_is_filled_number_by_number():
    holes = Holes()
    holes.opened(5, 8)
    assert holes.missing() == 3
    assert [holes.filled(number) for number in (4, 6, 6, 5, 7, 8)] == [
        False, True, False, True, True, False,
    ]  # fmt: skip
    assert holes.missing() == 0


def test_the_oldest_hole_gives_way():
    holes = Holes()
    for number in range(MOST + 1):
        holes.opened(10 * number, 10 * number + 1)
    assert not holes.filled(0)
    assert holes.filled(10)


@given(st.sets(st.integers(0, 60), min_size=1), st.lists(st.integers(0, 60)))
def test_exactly_what_was_skipped_is_missing_once(skipped, asked):
    holes = Holes()
    for number in sorted(skipped):
        holes.opened(number, number + 1)
    left = set(skipped)
    for number in asked:
        assert holes.filled(number) == (number in left)
        left.discard(number)
    assert holes.missing() == len(left)


@given(st.lists(st.integers(0, 10_000), max_size=300))
def test_memory_is_bounded_whatever_is_filled(numbers):
    holes = Holes()
    holes.opened(0, 10_000)
    for number in numbers:
        holes.filled(number)
    assert len(holes._ranges) <= MOST
