"""Every client command against a real router, in lines and in JSON, with its exit code."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from cryptostream.cli.exits import Exit
from cryptostream.cli.main import COMMANDS, cli, main
from tests.local_market import Background, local_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def background(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Iterator[Background]:
    with Background(local_config(free_ports(2), tmp_path)) as running:
        yield running


@pytest.fixture
def run(background: Background, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that runs a command and returns (exit code, output, complaints)."""
    router = background.market.config.router
    options = [f"--set=router.control={router.control}", f"--set=router.data={router.data}"]

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([*options, *arguments])
        captured = capsys.readouterr()
        return int(end.value.code), captured.out, captured.err

    return command


@pytest.fixture
def ticking(background: Background) -> Iterator[None]:
    """Publish a price each 20 ms while the test runs."""
    stop = threading.Event()

    def publish() -> None:
        number = 0
        while not stop.wait(0.02):
            number += 1
            if "BINANCE:BTCUSDT" in background.market.source.states:
                background.ticks(f"67123.{number:03}")

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("ticking")
def test_watch_prints_one_json_object_a_tick_and_stops_at_its_count(run):
    code, out, err = run("watch", "--json", "--count", "5", "BTCUSDT")

    assert code == Exit.OK, err
    ticks = [json.loads(line) for line in out.splitlines()]
    assert len(ticks) == 5
    assert ticks[0]["symbol"] == "BINANCE:BTCUSDT"
    assert ticks[0]["bid"] is None
    assert isinstance(ticks[0]["last"], str)


@pytest.mark.usefixtures("ticking")
def test_watch_prints_plain_lines_when_nobody_is_at_a_terminal(run):
    code, out, err = run("watch", "--count", "2", "btcusdt")

    assert code == Exit.OK
    assert out.startswith("BINANCE:BTCUSDT 67123.")
    assert "SIMULATED" in out
    assert "live (ok)" in err


@pytest.mark.usefixtures("ticking")
def test_watch_stops_after_its_seconds(run):
    code, out, _ = run("watch", "--seconds", "1", "BTCUSDT")

    assert code == Exit.OK
    assert out


def test_watch_without_a_single_tick_says_so(run):
    code, out, err = run("watch", "--seconds", "0.5", "ETHUSDT")

    assert (code, out) == (Exit.NOT_CONNECTED, "")
    assert "no tick came" in err
    assert "cryptostream why" in err


def test_watch_of_an_unknown_ticker_ends_with_a_suggestion(run):
    code, out, err = run("watch", "NOSUCHCOIN")

    assert (code, out) == (Exit.UNKNOWN_TICKER, "")
    assert "did you mean BINANCE:NOW?" in err


@pytest.mark.usefixtures("ticking")
def test_watch_goes_on_with_the_tickers_that_exist(run):
    code, out, err = run("watch", "--count", "1", "NOSUCHCOIN", "BTCUSDT")

    assert code == Exit.OK
    assert out
    assert "the others go on" in err


@pytest.mark.usefixtures("ticking")
def test_added_tickers_are_watched_until_they_are_removed(run):
    code, out, _ = run("add", "BTCUSDT")
    assert (code, out) == (Exit.OK, "BINANCE:BTCUSDT is kept open\n")

    code, out, _ = run("watch", "--json", "--count", "1")
    assert json.loads(out)["symbol"] == "BINANCE:BTCUSDT"

    code, out, _ = run("remove", "BTCUSDT")
    assert (code, out) == (Exit.OK, "BINANCE:BTCUSDT is let go\n")
    code, out, _ = run("remove", "--json", "BTCUSDT")
    assert json.loads(out)[0]["removed"] is False
    code, out, err = run("watch")
    assert (code, out) == (Exit.UNKNOWN_TICKER, "")
    assert "no tickers to watch" in err


def test_add_answers_per_ticker(run):
    code, out, err = run("add", "BTCUSDT", "NOSUCH")

    assert code == Exit.UNKNOWN_TICKER
    assert "BINANCE:BTCUSDT is kept open" in out
    assert "did you mean" in err


def test_status_shows_workers_tickers_and_clients(run):
    run("add", "BTCUSDT")

    code, out, _ = run("status")
    assert code == Exit.OK
    for part in ("driven-0", "BINANCE:BTCUSDT", "operator"):
        assert part in out.replace("\n", "")
    code, out, _ = run("status", "--json")
    answer = json.loads(out)
    assert answer["tickers"][0]["symbol"] == "BINANCE:BTCUSDT"
    assert answer["workers"][0]["worker"] == "driven-0"


@pytest.mark.usefixtures("ticking")
def test_history_prints_what_the_ring_holds(run):
    run("add", "BTCUSDT")
    run("watch", "--count", "5", "BTCUSDT")

    code, out, _ = run("history", "BTCUSDT", "--limit", "3", "--json")

    assert code == Exit.OK
    seqs = [json.loads(line)["seq"] for line in out.splitlines()]
    assert seqs == list(range(seqs[0], seqs[0] + 3))
    code, out, _ = run("history", "BTCUSDT", "--kind", "status")
    assert "live (ok)" in out


def test_search_lists_names(run):
    code, out, _ = run("search", "btc")
    assert code == Exit.OK
    for part in ("BINANCE:BTC", "TRADING", "0.01", "fetched"):
        assert part in out
    found = json.loads(run("search", "--json", "btc")[1])["found"]
    assert [(row["symbol"], row["tick_size"]) for row in found] == [("BINANCE:BTC", "0.01")]


def test_why_names_each_hop(run):
    code, out, _ = run("why", "BTCUSDT")

    assert code == Exit.OK
    for hop in ("directory", "clients", "router", "tape"):
        assert hop in out
    assert json.loads(run("why", "--json", "BTCUSDT")[1])["symbol"] == "BINANCE:BTCUSDT"


def test_tail_prints_raw_messages(run):
    code, out, _ = run("tail", "sys/", "--count", "2", "--json")

    assert code == Exit.OK
    message = json.loads(out.splitlines()[0])
    assert message["topic"] == "sys/heartbeat/"
    assert message["meta"][3] == 0
    code, out, err = run("tail", "nothing/", "--seconds", "0.3")
    assert code == Exit.NOT_CONNECTED
    assert "nothing passed" in err


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_completion_prints_a_script(run, shell):
    code, out, _ = run("completion", shell)

    assert code == Exit.OK
    assert "cryptostream" in out


def test_config_is_shown_with_its_origin_and_checked(run):
    code, out, _ = run("config", "show", "--origin", "--json")
    settings = json.loads(out)
    assert code == Exit.OK
    assert settings["router.control"]["origin"] != "default"
    assert settings["router.lease"] == {"value": 10.0, "origin": "default"}

    assert run("config", "check")[0] == Exit.OK
    assert "router.ring" in run("config", "show")[1]
    assert "[router]" in run("config", "sample")[1]


def test_doctor_names_what_is_wrong_and_the_remedy(run):
    code, out, _ = run("--set=browsers.path=/no/such", "doctor", "--json")

    findings = {one["what"]: one for one in json.loads(out)}
    assert code == Exit.CHECK_FAILED
    assert findings["browser"]["ok"] is False
    assert findings["browser"]["remedy"]
    assert "in use by the daemon" in findings["port control"]["found"]
    code, out, _ = run("doctor")
    assert "browser" in out


def test_every_command_has_a_help_text():
    for name in COMMANDS:
        command = cli.get_command(None, name)
        assert command is not None
        assert command.help, name


def test_a_wrong_option_is_a_usage_error(run):
    code, out, err = run("watch", "--nonsense")

    assert (code, out) == (Exit.USAGE, "")
    assert "--nonsense" in err
