"""The key: where it comes from, and that it is in a header or nowhere."""

import pytest

from cryptostream.config.coingecko import CoinGecko
from cryptostream.errors import SourceError
from cryptostream.sources.coingecko.keys import VARIABLE, key_headers


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("CG-from-file\n")
    return str(file)


@pytest.mark.parametrize(
    ("plan", "header"),
    [("free", None), ("demo", "x-cg-demo-api-key"), ("pro", "x-cg-pro-api-key")],
)
def test_the_plan_chooses_the_header(plan, header):
    headers = key_headers(CoinGecko(plan=plan), {VARIABLE: "CG-1"})
    assert headers == ({header: "CG-1"} if header else {})


def test_a_key_from_a_file_loses_its_line_end(key_file):
    headers = key_headers(CoinGecko(plan="pro", key_file=key_file), {})
    assert headers == {"x-cg-pro-api-key": "CG-from-file"}


def test_the_environment_wins(key_file):
    headers = key_headers(CoinGecko(plan="pro", key_file=key_file), {VARIABLE: "CG-1"})
    assert headers == {"x-cg-pro-api-key": "CG-1"}


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak: x", "schlüssel", "x" * 1000])
def test_what_can_be_no_key_is_refused_without_repeating_it(key):
    with pytest.raises(SourceError) as caught:
        key_headers(CoinGecko(plan="demo"), {VARIABLE: key})
    assert caught.value.code == "unauthorized"
    assert not key.strip() or key.strip() not in caught.value.line()


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "binary"):
        with pytest.raises(SourceError, match=name) as caught:
            key_headers(CoinGecko(plan="demo", key_file=str(tmp_path / name)), {})
        assert caught.value.code == "unauthorized"
