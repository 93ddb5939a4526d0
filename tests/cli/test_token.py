"""`cryptostream token` from creation to revocation."""

import json

import pytest

from cryptostream.cli.exits import Exit
from cryptostream.cli.main import main
from cryptostream.gateway.auth import grant_for
from cryptostream.gateway.token_file import read


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs a command and returns (exit code, output, complaints)."""

    def command(*arguments):
        with pytest.raises(SystemExit) as end:
            main([f"--set=gateway.tokens_file={tmp_path / 't.json'}", "token", *arguments])
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return command


def test_a_token_is_shown_once_listed_without_it_and_revoked(run, tmp_path):
    code, out, err = run("create", "me", "--ticker", "BINANCE:*", "--max-tickers", "5")
    assert code == Exit.OK, err
    secret = out.strip()
    grant = grant_for(secret, read(tmp_path / "t.json"))
    assert (grant.tickers, grant.max_tickers, grant.rate) == (("BINANCE:*",), 5, None)

    code, out, _ = run("list", "--json")
    [row] = json.loads(out)
    assert (row["name"], row["tickers"], row["connections"]) == ("me", ["BINANCE:*"], None)
    assert secret not in out
    assert "BINANCE:*" in run("list")[1]

    assert run("create", "me")[0] == Exit.BAD_CONFIG
    assert run("create", "m e")[0] == Exit.BAD_CONFIG
    assert run("revoke", "me")[0] == Exit.OK
    assert read(tmp_path / "t.json") == ()
    assert run("revoke", "me")[0] == Exit.BAD_CONFIG
