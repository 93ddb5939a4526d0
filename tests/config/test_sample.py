import tomllib
from pathlib import Path

import pytest

from cryptostream.config import Config, load, sample
from cryptostream.config.sample import to_toml

SAMPLE = Path(__file__).parents[2] / "config.toml"


def test_the_file_in_the_repository_is_the_generated_one():
    assert SAMPLE.read_text(encoding="utf-8") == sample()


def test_loading_it_gives_the_defaults():
    loaded = load(SAMPLE, environ={})
    assert loaded.config == Config()
    assert set(loaded.origins.values()) == {f"file {SAMPLE}"}


@pytest.mark.parametrize("value", [True, 0.25, 10_000, "", 'a "quoted" \\ path', ["a", "b"], []])
def test_a_value_is_spelled_so_that_toml_reads_it_back(value):
    assert tomllib.loads(f"x = {to_toml(value)}")["x"] == value
