"""The dashboard in a headless Chromium, as a person has it open, and what can be asked of it.

The page carries one thing that is not its own: a probe that notes what it hears and paints. It
sleeps, except while paints are noted.
"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from playwright.sync_api import sync_playwright

from cryptostream.config import load
from cryptostream.sources.tradingview import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import CDPSession, Page, ViewportSize

WINDOW: ViewportSize = {"width": 1440, "height": 900}
# Patience for the page's first prices (ms).
_PATIENCE = 30_000
_CLOCK_LOOKS = 15
# Until the probe has heard a record of each card (s).
_HEARD = 1.0
_NOW = "performance.timeOrigin + performance.now()"
_ALL_LIVE = "(count) => document.querySelectorAll('.card[data-tone=ok]').length === count"
# A record is noted in the message that brings it, before the page's own handler. When the text of
# a price changes, the newest record of its card must be the one that is shown. The change is made
# in an animation frame, whose rendering follows it; the next frame begins after that, and the
# message sent from there comes when that one is rendered, too.
_PROBE = """
(() => {
  const probe = window.__probe = { on: false, paints: [], strange: 0 };
  const newest = new Map(), shown = new Map();
  const now = () => performance.timeOrigin + performance.now();
  const channel = new MessageChannel(), rendered = [];
  channel.port1.onmessage = () => rendered.shift()(now());
  const afterRendering = (then) => { rendered.push(then); channel.port2.postMessage(0); };
  const hear = (data) => {
    const heard = now();
    for (const record of JSON.parse(data).records ?? []) {
      if (record.k !== "tick") continue;
      const { symbol, last, ts_published: published } = record;
      newest.set(symbol, { last, published, heard });
      const before = shown.get(symbol);
      if (before?.last === last) before.published = published;
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", (event) => { if (probe.on) hear(event.data); });
    }
  };
  const note = (cells) => {
    const paints = [];
    for (const cell of cells) {
      const symbol = cell.closest(".card").dataset.symbol, tick = newest.get(symbol);
      if (tick?.last !== cell.textContent.replaceAll(",", "")) { probe.strange += 1; continue; }
      paints.push([symbol, tick.published, shown.get(symbol)?.published ?? 0, tick.heard, now()]);
      shown.set(symbol, { ...tick });
    }
    requestAnimationFrame(() => afterRendering((at) => {
      paints.forEach((paint) => paint.push(at));
      probe.paints.push(...paints);
    }));
  };
  const observer = new MutationObserver((all) => {
    const cells = all.map(({ target }) => target.parentElement?.closest(".price")).filter(Boolean);
    if (cells.length) note(new Set(cells));
  });
  probe.listen = () => { probe.on = true; };
  probe.look = () => observer.observe(
    document.getElementById("cards"), { subtree: true, characterData: true, childList: true });
  probe.stop = () => {
    probe.on = false;
    observer.disconnect();
    const found = { paints: probe.paints, strange: probe.strange };
    probe.paints = [];
    probe.strange = 0;
    newest.clear();
    shown.clear();
    return found;
  };
})();
"""


class Paint(NamedTuple):
    """A price that was painted; ms since the Unix epoch, by the clocks of one host.

    ``published`` and ``before`` are the daemon's stamps of the tick that is shown and of the one
    shown before; ``before`` is 0 when that is not known.
    """

    symbol: str
    published: float
    before: float
    heard: float
    written: float
    painted: float


class Painted(NamedTuple):
    """What was painted in a window, and how many texts belonged to no known record."""

    paints: list[Paint]
    strange: int


class Visit:
    """One page of the dashboard."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self._page = page
        self._devtools = devtools

    def wait(self, seconds: float) -> None:
        """Let the page live."""
        self._page.wait_for_timeout(1000 * seconds)

    def interval(self, ms: int) -> None:
        """Choose the update interval, as a person does."""
        self._page.get_by_label("Updates").select_option(str(ms))

    def paints(self, seconds: float) -> Painted:
        """Return what was painted in a window of so many seconds."""
        self._page.evaluate("window.__probe.listen()")
        self.wait(_HEARD)
        self._page.evaluate("window.__probe.look()")
        self.wait(seconds)
        found = self._page.evaluate("window.__probe.stop()")
        paints = [
            Paint(symbol, published / 1e6, before / 1e6, *rest)
            for symbol, published, before, *rest in found["paints"]
        ]
        return Painted(paints, int(found["strange"]))

    def clock_ahead(self) -> float:
        """Return how far the page's clock is ahead, from the quickest of some questions; ms."""
        best = (1e9, 0.0)
        for _ in range(_CLOCK_LOOKS):
            before = time.time_ns()
            page = self._devtools.send("Runtime.evaluate", {"expression": _NOW})["result"]["value"]
            after = time.time_ns()
            best = min(best, ((after - before) / 1e6, page - (before + after) / 2e6))
        return best[1]

    def metrics(self) -> dict[str, float]:
        """Return the browser's counters of the page; durations and ``Timestamp`` in s."""
        found = self._devtools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}

    def heap(self) -> float:
        """Return the used JavaScript heap after a forced collection; MiB."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


@contextmanager
def visit(address: str, tickers: Sequence[str]) -> Iterator[Visit]:
    """Open the dashboard with these tickers and wait until all of them are live."""
    saved: Mapping[str, Any] = {"tickers": list(tickers)}
    found = chromium.find_browser(
        load().config.browsers.path,
        exists=Path.exists,
        which=shutil.which,
        playwright_path=chromium.playwright_executable(),
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.path, args=["--no-sandbox"])
        context = browser.new_context(viewport=WINDOW)
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(f"localStorage.cryptostream ??= {json.dumps(json.dumps(saved))};")
        context.add_init_script(_PROBE)
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(_ALL_LIVE, arg=len(tickers))
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable")
        yield Visit(page, devtools)
        browser.close()
