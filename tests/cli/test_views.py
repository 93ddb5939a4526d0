"""The live table: sorted, marked, never a doubtful price shown as live."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from rich.console import Console

from cryptostream.cli.views import LinesView, TableView
from cryptostream.records import DataState, Phase, Status, StreamState, Tick, Trade
from cryptostream.wire.effects import Accepted, Connected, Disconnected, Gap


@pytest.fixture
def screen():
    return Console(file=io.StringIO(), width=140, height=30, force_terminal=True, record=True)


def tick(symbol: str, last: str, *, simulated: bool = False) -> Tick:
    return Tick(
        symbol=symbol,
        source="tradingview",
        method="dom",
        last=Decimal(last),
        ts_observed=1,
        simulated=simulated,
    )


def status(symbol: str, phase: Phase, data: DataState = DataState.SUSPECT) -> Status:
    return Status(
        symbol=symbol,
        phase=phase,
        stream=StreamState.OPEN,
        data=data,
        code="silent",
        text="no price for 9 s",
        ts=1,
    )


def shown(view: TableView, screen: Console) -> str:
    view.close()
    return screen.export_text(styles=False)


def test_rows_are_sorted_and_prices_exact(screen):
    view = TableView(screen)
    view.show(tick("BINANCE:ETHUSDT", "3456.10"))
    view.show(tick("BINANCE:BTCUSDT", "67000.50"))

    text = shown(view, screen)
    last = text[text.rindex("Symbol") :]
    assert last.index("BTCUSDT") < last.index("ETHUSDT")
    assert "67000.50" in last


def test_the_simulated_market_is_named_in_the_title(screen):
    view = TableView(screen)
    view.show(tick("BINANCE:BTCUSDT", "1", simulated=True))

    assert "SIMULATED MARKET" in shown(view, screen)


def test_a_doubtful_price_is_struck_through_and_says_why(screen):
    view = TableView(screen)
    view.show(tick("BINANCE:BTCUSDT", "67000.50"))
    view.show(status("BINANCE:BTCUSDT", Phase.STALE))
    view.close()

    text = screen.export_text(styles=True)
    assert "no price for 9 s" in text
    line = next(line for line in reversed(text.splitlines()) if "67000.50" in line)
    before = line[: line.index("67000.50")]
    assert ";9m" in before[before.rindex("\x1b[") :]


def test_a_closed_ticker_leaves_the_table(screen):
    view = TableView(screen)
    view.show(tick("BINANCE:BTCUSDT", "67000.50"))
    view.show(status("BINANCE:BTCUSDT", Phase.CLOSED))

    text = shown(view, screen)
    assert "67000.50" not in text[text.rindex("Symbol") :]


def test_gaps_and_a_lost_connection_are_told(screen):
    view = TableView(screen)
    view.show(Gap("tick/X/", "X", 1, 2, 4, "aged_out"))
    view.show(Disconnected("nothing was heard"))
    view.refresh()

    text = shown(view, screen)
    assert "1 gaps" in text
    assert "3 records are missing" in text
    assert "disconnected" in text


ITEMS = [
    Connected(7, simulated=True),
    status("BINANCE:BTCUSDT", Phase.LIVE, DataState.OK),
    tick("BINANCE:BTCUSDT", "67000.50"),
    Trade(
        symbol="BINANCE:BTCUSDT",
        source="binance",
        method="stream",
        ts_observed=1,
        price=Decimal("67000.50"),
        quantity=Decimal("0.10"),
    ),
    Gap("tick/BINANCE:BTCUSDT/", "BINANCE:BTCUSDT", 7, 3, None, "new_epoch"),
    Disconnected("nothing was published for 3.1 s"),
    Accepted("btcusdt", "BINANCE:BTCUSDT"),
]


def test_with_events_a_program_reads_all_that_befell_the_stream_in_its_order(capsys):
    view = LinesView(as_json=True, everything=True)
    for item in ITEMS:
        view.show(item)
    said = capsys.readouterr()
    found = [json.loads(line) for line in said.out.splitlines()]
    kinds = ["connected", "status", "tick", "trade", "gap", "disconnected"]
    assert [one["type"] for one in found] == kinds
    assert found[0] == {"type": "connected", "epoch": 7, "simulated": True}
    assert (found[4]["first"], found[4]["last"], found[4]["reason"]) == (3, None, "new_epoch")
    assert found[3]["quantity"] == "0.10"
    assert said.err == ""


def test_without_events_standard_output_has_ticks_alone_and_trades_are_no_message(capsys):
    view = LinesView(as_json=True)
    for item in ITEMS:
        view.show(item)
    said = capsys.readouterr()
    assert [json.loads(line)["type"] for line in said.out.splitlines()] == ["tick"]
    assert [line.partition(" ")[0] for line in said.err.splitlines()] == [
        "connected",
        "BINANCE:BTCUSDT",
        "tick/BINANCE:BTCUSDT/",
        "disconnected:",
    ]


def test_where_else_to_look_stays_below_the_table():
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    view = TableView(console)
    view.hint("dashboard: http://127.0.0.1:7780/")
    view.close()
    assert "dashboard: http://127.0.0.1:7780/" in console.file.getvalue()
