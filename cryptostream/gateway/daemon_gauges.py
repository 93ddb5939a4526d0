"""What ``/metrics`` says of the daemon behind the gateway: its processes, workers and tickers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cryptostream.gateway.metrics import DAEMON, Page, by_label
from cryptostream.records import Phase

Row = Mapping[str, Any]


def daemon_page(status: Row | None, tickers: Sequence[Row]) -> Page:
    """Return the page; ``status`` is the answer to ``status``, or nothing when nobody answered."""
    page = Page(DAEMON)
    page.one("router_up", "gauge", "whether the router answers", int(status is not None))
    if status is not None:
        _router(page, status)
        _processes(page, status["processes"])
        _workers(page, status["workers"])
        _tickers(page, tickers)
    return page


def _router(page: Page, status: Row) -> None:
    tape = status["tape"]
    page.one("uptime_seconds", "gauge", "age of the router", status["uptime"])
    page.one("clients", "gauge", "sessions with the router", len(status["clients"]))
    page.one("records_total", "counter", "records on the tape", tape["records"])
    page.one("messages_total", "counter", "messages on the tape", tape["messages"])
    page.one("retries_total", "counter", "attempts to open tickers again", status["restarts"])


def _processes(page: Page, rows: Sequence[Row]) -> None:
    running = {row["name"]: int(row["state"] == "running") for row in rows}
    restarts = {row["name"]: row["restarts"] for row in rows}
    memory = {row["name"]: row["memory"] for row in rows if row["memory"] is not None}
    page.add("process_up", "gauge", "whether it runs", by_label("process", running))
    page.add("process_restarts_total", "counter", "its restarts", by_label("process", restarts))
    about = "memory of it and all below it (PSS)"
    page.add("process_memory_bytes", "gauge", about, by_label("process", memory))


def _workers(page: Page, rows: Sequence[Row]) -> None:
    lost = {row["worker"]: row["lost"] for row in rows}
    pages = {row["worker"]: row["pages"] for row in rows if "pages" in row}
    page.add("worker_lost_total", "counter", "messages lost on the way", by_label("worker", lost))
    page.add("worker_pages", "gauge", "open pages", by_label("worker", pages))


def _tickers(page: Page, rows: Sequence[Row]) -> None:
    phases = Counter({str(phase): 0 for phase in Phase})
    phases.update(str(row["phase"]) for row in rows)
    page.add("tickers", "gauge", "open tickers", by_label("phase", phases))
