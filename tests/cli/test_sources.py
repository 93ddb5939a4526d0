"""What `sources` tells of a source: its terms always, its state when a daemon runs."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from cryptostream.cli.exits import Exit
from cryptostream.cli.main import main
from cryptostream.cli.sources import rows_of, show
from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from tests.local_market import Background, local_config

if TYPE_CHECKING:
    from cryptostream.config.settings import Config


def kind(name: str, **more: object) -> SourceKind:
    fields = {
        "name": name,
        "summary": f"what {name} is",
        "capabilities": Capabilities(trades=True, bid_ask=True, history=False),
        "policy": UsePolicy(
            automated=True, redistribution=False, needs_key=False, terms=f"the terms of {name}"
        ),
        "timeliness": Timeliness.REAL_TIME,
        "venue": lambda _symbol, _config: None,
        "load": None,
    }
    return SourceKind(**{**fields, **more})


PAGES = kind(
    "pages",
    capabilities=Capabilities(trades=False, bid_ask=False, history=True),
    policy=UsePolicy(automated=False, redistribution=True, needs_key=True, terms="ask first"),
    timeliness=Timeliness.SNAPSHOT,
)
STREAM = kind("stream")

ANSWER = {
    "workers": [
        {"worker": "browser-0", "source": "pages", "heard": 0.1},
        {"worker": "browser-1", "source": "pages", "heard": 0.1, "why": "blocked for 30 s"},
    ],
    "tickers": [
        {"symbol": "A:AA", "source": "pages", "data": "ok", "code": "ok"},
        {"symbol": "A:BB", "source": "pages", "data": "suspect", "code": "blocked"},
        {"symbol": "A:CC", "source": "pages", "data": "suspect", "code": "blocked"},
        {"symbol": "A:DD", "source": "elsewhere", "data": "suspect", "code": "crashed"},
    ],
}


def shown(rows: list[dict[str, object]], width: int = 200) -> list[str]:
    text = io.StringIO()
    show(Console(file=text, width=width), rows)
    return text.getvalue().splitlines()


def test_without_a_daemon_everything_but_the_state_is_told():
    rows = rows_of([PAGES, STREAM], None)

    assert [row["source"] for row in rows] == ["pages", "stream"]
    assert rows[0]["now"] is None
    assert (rows[0]["automated"], rows[0]["redistribution"]) == (False, True)
    assert (rows[0]["needs_key"], rows[0]["timeliness"]) == (True, "snapshot")
    assert json.loads(json.dumps(rows)) == rows


def test_of_a_running_daemon_workers_tickers_and_problems_are_told():
    pages, stream = rows_of([PAGES, STREAM], ANSWER)

    assert pages["now"] == {
        "workers": 2,
        "tickers": 3,
        "problems": {"blocked": 2},
        "why": "blocked for 30 s",
    }
    assert stream["now"] == {"workers": 0, "tickers": 0, "problems": {}, "why": ""}


def test_each_source_has_one_line_and_its_terms():
    lines = shown(rows_of([PAGES, STREAM], ANSWER))

    (pages,) = [line for line in lines if line.startswith("pages ")]
    for part in ("ticks, history", "snapshot", "needed", " no  ", " yes  ", "3 tickers"):
        assert part in pages
    assert "2 blocked; blocked for 30 s" in pages
    (stream,) = [line for line in lines if line.startswith("stream ")]
    for part in ("ticks, bid/ask, trades", "real-time", "none", "not running"):
        assert part in stream
    assert "stream: what stream is" in lines
    assert "  the terms of stream" in lines


def test_in_a_pipe_nothing_is_lost():
    text = "".join("".join(shown(rows_of([STREAM], None), 80)).split())
    for part in ("stream", "real-time", "nodaemon", "thetermsofstream"):
        assert part in text


def told(config: Config, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command and return what it prints."""
    router = config.router
    options = [f"--set=router.control={router.control}", f"--set=router.data={router.data}"]
    with pytest.raises(SystemExit) as end:
        main([*options, "sources", *arguments])
    assert end.value.code == Exit.OK
    return capsys.readouterr().out


def test_the_command_works_without_a_daemon(free_ports, tmp_path, capsys):
    config = local_config(free_ports(2), tmp_path)

    rows = json.loads(told(config, capsys, "--json"))

    assert {"tradingview", "binance", "coingecko", "ccxt"} <= {row["source"] for row in rows}
    assert {row["now"] for row in rows} == {None}
    assert "no daemon" in told(config, capsys)


def test_the_command_asks_a_daemon_that_runs(free_ports, tmp_path, capsys):
    config = local_config(free_ports(2), tmp_path)

    with Background(config):
        rows = json.loads(told(config, capsys, "--json"))

    # The worker that the tests drive says that it is one of this source.
    assert {row["source"]: row["now"]["workers"] for row in rows}["tradingview"] == 1
    assert {row["now"]["tickers"] for row in rows} == {0}
