"""Where followed tickers are shown: a live table, plain lines, or JSON lines."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cryptostream.cli.lines import Interruption, as_json, labels, line_of, status_line
from cryptostream.records import DataState, Phase, Status, Tick, Trade
from cryptostream.wire.effects import Disconnected, Gap

if TYPE_CHECKING:
    from cryptostream.client.inbox import Item

# A person sees no more than this many changes a second; each redraw costs about 2 ms.
REDRAWS = 8.0
# Columns from which on the whole origin of a price has its place.
_WIDE = 112
_EVERYTHING = Trade | Status | Interruption
# How long a change is highlighted (s).
FLASH = 0.6
_STYLES = {
    Phase.LIVE: "green",
    Phase.QUIET: "cyan",
    Phase.LOADING: "blue",
    Phase.PENDING: "blue",
    Phase.STALE: "yellow",
    Phase.RETRYING: "yellow",
}


class View(Protocol):
    """Where items go."""

    def show(self, item: Item) -> None:
        """Show one item."""
        ...

    def progress(self, text: str) -> None:
        """Say what is being waited for."""
        ...

    def hint(self, text: str) -> None:
        """Say where else to look."""
        ...

    def refresh(self) -> None:
        """Draw again: time has passed."""
        ...

    def close(self) -> None:
        """End."""
        ...


class LinesView:
    """Plain lines, or JSON lines: ticks on standard output, what is said of them on standard error.

    With ``everything`` trades, statuses, gaps and what becomes of the connection are JSON lines on
    standard output too, in their order.
    """

    def __init__(self, *, as_json: bool, everything: bool = False) -> None:
        self._as_json = as_json
        self._everything = everything

    def show(self, item: Item) -> None:
        """Print one item."""
        if isinstance(item, Tick) or (self._everything and isinstance(item, _EVERYTHING)):
            print(as_json(item) if self._as_json else line_of(item), flush=True)
        elif not isinstance(item, Trade) and (line := line_of(item)):
            print(line, file=sys.stderr, flush=True)

    def progress(self, text: str) -> None:
        """Print what is being waited for."""
        print(text, file=sys.stderr, flush=True)

    def hint(self, text: str) -> None:
        """Print where else to look."""
        print(text, file=sys.stderr, flush=True)

    def refresh(self) -> None:
        """Do nothing: lines do not age."""

    def close(self) -> None:
        """Do nothing: each line was flushed."""


class _Row:
    __slots__ = ("changed", "direction", "status", "tick")

    def __init__(self) -> None:
        self.tick: Tick | None = None
        self.status: Status | None = None
        self.direction = 0
        self.changed = 0.0


class TableView:
    """A live table, sorted by symbol, with changes highlighted and the status of each ticker."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._rows: dict[str, _Row] = {}
        self._progress = "starting"
        self._hint = ""
        self._notes: list[str] = []
        self._gaps = 0
        self._ticks = 0
        self._simulated = False
        self._drawn = 0.0
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, item: Item) -> None:
        """Take one item into the table."""
        now = time.monotonic()
        match item:
            case Tick():
                self._tick(item, now)
            case Status(phase=Phase.CLOSED):
                self._rows.pop(item.symbol, None)
            case Status():
                self._rows.setdefault(item.symbol, _Row()).status = item
                if item.switch is not None and not item.image:
                    self._notes = [*self._notes, line_of(item)][-3:]
            case Gap():
                self._gaps += 1
                self._notes = [*self._notes, line_of(item)][-3:]
            case Disconnected():
                self._progress = line_of(item)
            case _:
                self._progress = ""
        if isinstance(item, Tick):
            self.refresh()
        else:
            self._draw()  # rare, and too important to wait for the next picture

    def _tick(self, tick: Tick, now: float) -> None:
        row = self._rows.setdefault(tick.symbol, _Row())
        self._ticks += 1
        self._progress = ""
        self._simulated = self._simulated or tick.simulated
        if row.tick is not None and row.tick.last != tick.last:
            row.direction = 1 if tick.last > row.tick.last else -1
            row.changed = now
        row.tick = tick

    def progress(self, text: str) -> None:
        """Say what is being waited for, below the table."""
        self._progress = text
        self._draw()

    def hint(self, text: str) -> None:
        """Keep a line below the table."""
        self._hint = text
        self._draw()

    def refresh(self) -> None:
        """Draw, if the last picture is old enough."""
        if time.monotonic() - self._drawn >= 1 / REDRAWS:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._live.update(self._render(), refresh=True)

    def close(self) -> None:
        """Leave the last table on the screen."""
        self._progress = ""
        self._draw()
        self._live.stop()

    def _render(self) -> Group:
        table = Table(expand=False, title=self._title(), title_justify="left")
        for name, justify in (
            ("Symbol", "left"),
            ("Last", "right"),
            ("Change", "right"),
            ("Bid", "right"),
            ("Ask", "right"),
            ("Age", "right"),
            ("Status", "left"),
            ("Source", "left"),
        ):
            table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        now, now_ns = time.monotonic(), time.time_ns()
        wide = self._console.width >= _WIDE
        for symbol in sorted(self._rows):
            table.add_row(*_cells(symbol, self._rows[symbol], now, now_ns, wide=wide))
        lines = [Text(note, style="yellow") for note in self._notes]
        if self._progress:
            lines.append(Text(self._progress, style="blue"))
        if self._hint:
            lines.append(Text(self._hint, style="dim"))
        return Group(table, *lines)

    def _title(self) -> Text:
        title = Text("CryptoStream ", style="bold")
        if self._simulated:
            title.append(" SIMULATED MARKET, prices are not real ", style="bold black on yellow")
        title.append(f" {self._ticks} ticks, {self._gaps} gaps", style="dim")
        return title


def _cells(symbol: str, row: _Row, now: float, now_ns: int, *, wide: bool) -> list[Text]:
    tick, status = row.tick, row.status
    suspect = status is not None and status.data is DataState.SUSPECT
    if tick is None:
        return [Text(symbol), *([Text("-", style="dim")] * 5), _status_cell(status), Text("")]
    flash = now - row.changed < FLASH
    colour = {1: "green", -1: "red", 0: "default"}[row.direction]
    # A price that is not certain stays visible and is marked; it is never shown as live.
    price = "dim strike" if suspect else f"bold reverse {colour}" if flash else f"bold {colour}"
    change = tick.change_percent
    change_style = "dim" if change is None else "green" if change >= 0 else "red"
    return [
        Text(symbol),
        Text(str(tick.last), style=price),
        Text("-" if change is None else f"{change:+}%", style=change_style),
        Text("-" if tick.bid is None else str(tick.bid), style="dim" if suspect else ""),
        Text("-" if tick.ask is None else str(tick.ask), style="dim" if suspect else ""),
        Text(f"{max(0.0, (now_ns - tick.ts_observed) / 1e9):.1f} s", style="dim"),
        _status_cell(status),
        Text(_origin(tick, wide=wide), style="dim"),
    ]


def _origin(tick: Tick, *, wide: bool) -> str:
    """Return where a price came from; a narrow terminal needs the room for the prices."""
    name = f"{tick.source}/{tick.method}" if wide else tick.source
    words = [name, *labels(tick)[:-1], "SIM"] if tick.simulated else [name, *labels(tick)]
    return " ".join(words)


def _status_cell(status: Status | None) -> Text:
    if status is None:
        return Text("waiting", style="blue")
    style = _STYLES.get(status.phase, "red")
    if status.data is DataState.OK:
        return Text(str(status.phase), style=style)
    if status.phase is Phase.LIVE:
        return Text(f"suspect ({status.code})", style="yellow")
    if status.phase in (Phase.LOADING, Phase.PENDING):
        return Text(str(status.phase), style=style)
    return Text(status_line(status).partition(" ")[2][:60], style=style)
