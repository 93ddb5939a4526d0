"""What ``/metrics`` says of one gateway."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cryptostream.gateway.metrics import GATEWAY, Page, age, by_label

if TYPE_CHECKING:
    from cryptostream.gateway.services import Services


def page_of(services: Services, now: int) -> Page:
    """Return the page; ``now`` is ns since the Unix epoch."""
    page = Page(GATEWAY)
    _viewers(page, services)
    _totals(page, services)
    newest = {symbol: held.ticks.newest for symbol, held in services.hub.symbols.items()}
    ages = {name: age(one.ts_observed, now) for name, one in newest.items() if one is not None}
    page.add("age_seconds", "gauge", "age of the newest tick", by_label("symbol", ages))
    return page


def _viewers(page: Page, services: Services) -> None:
    hub = services.hub
    transports: Counter[str] = Counter({"websocket": 0, "sse": 0})
    transports.update(viewer.transport for viewer in hub.viewers)
    slow = sum(viewer.outbox.slow for viewer in hub.viewers)
    queued = sum(viewer.outbox.queued for viewer in hub.viewers)
    page.add("viewers", "gauge", "viewers now", by_label("transport", transports))
    page.one("tickers", "gauge", "tickers that any viewer follows", len(hub.symbols))
    page.one("connected", "gauge", "whether the router is heard", int(services.upstream.connected))
    page.one("slow_viewers", "gauge", "viewers with a warning now", slow)
    page.one("queued_bytes", "gauge", "bytes that wait for all viewers", queued)


def _totals(page: Page, services: Services) -> None:
    hub, done = services.hub, services.counters
    kinds = by_label("kind", hub.received)
    page.add("received_records_total", "counter", "records from the daemon", kinds)
    for name, about, value in (
        ("delivered_records_total", "records given to viewers", done.delivered_records),
        ("conflated_ticks_total", "ticks merged into others", done.conflated_ticks),
        ("sent_bytes_total", "bytes given to sockets", done.sent_bytes),
        ("sent_messages_total", "messages given to sockets", done.sent_messages),
        ("gaps_total", "losses told by the daemon's side", hub.gaps),
    ):
        page.one(name, "counter", about, value)
    page.add("closed_total", "counter", "connections closed here", by_label("code", done.closed))
    page.add("refused_total", "counter", "refusals", by_label("code", done.refused))
