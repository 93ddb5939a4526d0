"""Records as lines and as JSON."""

from __future__ import annotations

import json
from decimal import Decimal

from cryptostream.cli.exits import Exit, exit_for
from cryptostream.cli.lines import as_json, gap_line, line_of, status_line
from cryptostream.errors import BadSymbol, ConfigError, CryptoStreamError, NotConnected, StartError
from cryptostream.records import DataState, Phase, Status, StreamState, Tick, Trade
from cryptostream.wire.effects import Accepted, Disconnected, Gap

TICK = Tick(
    symbol="BINANCE:SHIBUSDT",
    source="tradingview",
    method="dom",
    last=Decimal("0.00002450"),
    ts_observed=1,
    simulated=True,
    seq=7,
    epoch=3,
)


def test_json_keeps_the_exact_text_of_a_price_and_nulls():
    fields = json.loads(as_json(TICK))

    assert fields["last"] == "0.00002450"
    assert fields["bid"] is None
    assert fields["simulated"] is True
    assert (fields["epoch"], fields["seq"]) == (3, 7)


def test_a_simulated_price_says_so_in_its_line():
    assert line_of(TICK).endswith("SIMULATED")
    trade = Trade(
        symbol="X:AB",
        source="s",
        method="sim",
        price=Decimal(1),
        quantity=Decimal(2),
        ts_observed=1,
        simulated=True,
    )
    assert line_of(trade).endswith("SIMULATED")


def test_a_status_names_the_time_of_the_next_attempt():
    status = Status(
        symbol="X:AB",
        phase=Phase.RETRYING,
        stream=StreamState.OPEN,
        data=DataState.SUSPECT,
        code="crashed",
        text="the page crashed",
        ts=1_000_000_000,
        ts_next=3_500_000_000,
    )
    assert status_line(status) == (
        "X:AB retrying (crashed): the page crashed; next attempt in 2.5 s"
    )


def test_a_gap_says_how_much_is_missing():
    assert "3 records" in gap_line(Gap("tick/X/", "X", 1, 4, 6, "aged_out"))
    assert "unknown number" in gap_line(Gap("tick/X/", "X", 1, 4, None, "new_epoch"))


def test_what_nobody_needs_to_read_is_no_line():
    assert line_of(Accepted("a", "X:A")) == ""
    assert "connecting again" in line_of(Disconnected("silence"))


def test_each_kind_of_error_has_its_exit_code():
    assert exit_for(NotConnected("x")) is Exit.NOT_CONNECTED
    assert exit_for(BadSymbol("x")) is Exit.UNKNOWN_TICKER
    assert exit_for(ConfigError("x")) is Exit.BAD_CONFIG
    assert exit_for(StartError("x")) is Exit.CANNOT_START
    assert exit_for(CryptoStreamError("x")) is Exit.FAILED
