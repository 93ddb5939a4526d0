"""The file of the tokens: whole or not at all, and for nobody else to read."""

import os
import stat
from pathlib import Path

import pytest

from cryptostream.errors import ConfigError
from cryptostream.gateway.auth import Grant, checked_token
from cryptostream.gateway.token_file import place_of, read, write


def test_what_is_written_is_read_and_only_the_owner_may(tmp_path):
    path = tmp_path / "deep" / "tokens.json"
    tokens = (checked_token("a", "x", 1, Grant(tickers=("A:*",), rate=2.5)),)
    assert read(path) == ()

    old = os.umask(0)
    try:
        write(path, tokens)
    finally:
        os.umask(old)

    assert read(path) == tokens
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "tokens.json"
    write(path, ())
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read") as error:
        read(path)
    assert "chmod 600" in error.value.hint


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"name": "a"}]', b"\xff"])
def test_a_file_that_holds_something_else_is_refused(tmp_path, body):
    path = tmp_path / "tokens.json"
    write(path, ())
    path.write_bytes(body)
    with pytest.raises(ConfigError, match="does not hold tokens"):
        read(path)


def test_where_it_cannot_be_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        write(tmp_path / "file" / "tokens.json", ())
    with pytest.raises(ConfigError, match="cannot read"):
        read(tmp_path / "file" / "tokens.json")


def test_the_setting_comes_before_the_user_s_own_directory():
    assert place_of("/a/t.json", {}) == Path("/a/t.json")
    assert place_of("", {"XDG_CONFIG_HOME": "/c"}) == Path("/c/cryptostream/tokens.json")
    home = Path.home() / ".config" / "cryptostream" / "tokens.json"
    assert place_of("", {"XDG_CONFIG_HOME": "c"}) == place_of("", {}) == home
