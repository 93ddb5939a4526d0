"""The table as text for a terminal and as Markdown for docs/performance.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rows import figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.rows import Row

HEAD = ("what", "ours", "other", "ratio", "bar", "reached", "note")
BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"
_NUMBERS = range(1, 5)


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's texts in the order of :data:`HEAD`."""
    ratio = row.ratio
    return (
        row.name,
        _measured(row.ours, row.unit),
        _measured(row.other, row.unit),
        "" if ratio is None else figure(ratio),
        "" if row.bar is None else row.bar.text(row.unit),
        row.verdict,
        row.error or row.note,
    )


def plain(rows: Iterable[Row]) -> str:
    """Return the table for a terminal: columns aligned, notes unbounded at the end."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    return "\n".join(_line(line, widths) for line in lines)


def markdown(rows: Iterable[Row]) -> str:
    """Return the table as Markdown."""
    rule = ["--:" if n in _NUMBERS else "---" for n in range(len(HEAD))]
    lines = [HEAD, rule, *map(cells, rows)]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def replaced(document: str, part: str) -> str:
    """Return the document with what stands between the two markers replaced.

    Raises:
        ValueError: it does not hold both markers, in order.

    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{part.strip()}\n\n{END}{after}"


def _measured(value: float | None, unit: str) -> str:
    return "" if value is None else f"{figure(value)} {unit}".strip()


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        text.rjust(width) if n in _NUMBERS else text.ljust(width)
        for n, (text, width) in enumerate(zip(texts, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
