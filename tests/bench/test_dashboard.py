"""What the figures of the dashboard's benchmark are made of."""

import pytest

from bench.dashboard import Heap, heap_row, paint_rows, shares_of, thread_rows
from bench.visit import Paint, Painted


def paint(published: float, before: float, painted: float) -> Paint:
    return Paint("X:Y", published, before, published + 2, painted - 5, painted)


def test_latency_is_from_the_tick_that_is_shown_and_age_from_the_one_before():
    even = Painted([paint(1000, 0, 1040), paint(1100, 1000, 1160), paint(1200, 1100, 1230)], 0)
    chance = Painted([paint(1000, 900, 1120)], 3)
    rows = paint_rows(even, chance, 0.25)
    assert [row.ours for row in rows] == [40, 60, 120, 160]
    assert [row.verdict for row in rows] == ["", "yes", "", ""]
    assert "has it 2.0, frames 5.0; page clock +0.25 ms" in rows[0].note
    assert "3 of no known record" in rows[2].note
    assert "at worst 160 ms" in rows[3].note


def test_shares_are_of_the_time_between_two_looks():
    names = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    before = dict.fromkeys((*names, "LayoutCount"), 1.0) | {"Timestamp": 10.0}
    after = dict(zip(names, (3.0, 1.5, 1.2, 1.0), strict=True))
    found = shares_of(before, after | {"LayoutCount": 101.0, "Timestamp": 15.0})
    assert found["TaskDuration"] == pytest.approx(40)
    assert found["layouts"] == pytest.approx(20)
    usual, every = thread_rows(found | {"TaskDuration": 35.0}, found)
    assert (usual.verdict, every.verdict) == ("yes", "NO")
    assert "script 10.0, layout 4.0, style 0.0 %; 20 layouts/s" in usual.note


@pytest.mark.parametrize(("after", "verdict"), [(4.4, "yes"), (4.5, "NO")])
def test_a_heap_that_grows_by_more_than_a_tenth_is_told(after, verdict):
    row = heap_row(Heap(4.0, 2400, 130), Heap(after, 2401, 131), 600.4)
    assert row.verdict == verdict
    assert row.name.endswith("after 600 s")
    assert "DOM nodes 2400, then 2401; listeners 130, then 131" in row.note
