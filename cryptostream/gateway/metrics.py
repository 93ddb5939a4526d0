"""The text that Prometheus reads; written here, because it is a page of rules.

Values come as arguments. The names are part of ``docs/http.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
GATEWAY, DAEMON = "cryptostream_gateway_", "cryptostream_"
_NS = 1e9


class Page:
    """A page of metrics in the making; every name begins with ``prefix``."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._lines: list[str] = []

    def add(
        self, name: str, kind: str, about: str, values: Iterable[tuple[Mapping[str, str], float]]
    ) -> None:
        """Add a metric with its samples; ``kind`` is ``gauge`` or ``counter``."""
        full = self._prefix + name
        self._lines += [f"# HELP {full} {about}", f"# TYPE {full} {kind}"]
        for labels, value in values:
            self._lines.append(f"{full}{_labels(labels)} {_number(value)}")

    def one(self, name: str, kind: str, about: str, value: float) -> None:
        """Add a metric with a single sample."""
        self.add(name, kind, about, [({}, value)])

    def text(self) -> str:
        """Return the page."""
        return "\n".join([*self._lines, ""])


def by_label(label: str, values: Mapping[str, float]) -> list[tuple[Mapping[str, str], float]]:
    """Return samples that differ in one label."""
    return [({label: name}, value) for name, value in sorted(values.items())]


def age(ts_observed: int, now: int) -> float:
    """Return the age (s) of what was observed at a time (ns), never below zero."""
    return max(0, now - ts_observed) / _NS


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + pairs + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))
