"""The table in both of its forms."""

import pytest

from bench.rows import Bar, Row
from bench.table import BEGIN, END, markdown, plain, replaced

ROWS = [
    Row(name="p50", ours=0.8, other=4.0, unit="ms", bar=Bar("ratio", "<=", 0.2), note="a | b"),
    Row(name="broken", error="no browser found"),
]


def test_the_plain_table_aligns_its_columns():
    head, first, second = plain(ROWS).splitlines()
    assert first.index("a | b") == head.index("note") == second.index("no browser found")
    assert "0.80 ms" in first
    assert "yes" in first
    assert "failed" in second


def test_markdown_has_a_cell_for_each_column_and_escapes_bars():
    lines = markdown(ROWS).splitlines()
    assert lines[1].startswith("| --- | --: |")
    assert lines[2] == "| p50 | 0.80 ms | 4 ms | 0.20 | <= 1/5 | yes | a \\| b |"
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_only_what_is_between_the_markers_is_replaced():
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(document, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert replaced(replaced(document, "new"), "new") == replaced(document, "new")


@pytest.mark.parametrize("document", ["", BEGIN, f"{END} {BEGIN}"])
def test_a_document_without_markers_is_left_alone(document):
    with pytest.raises(ValueError, match="needs the lines"):
        replaced(document, "new")
