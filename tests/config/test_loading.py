import json
from pathlib import Path

import pytest

from cryptostream.config import Config, load
from cryptostream.config.loading import (
    Value,
    choose_file,
    flatten,
    from_environment,
    merge,
    validate,
)
from cryptostream.config.schema import settings
from cryptostream.errors import ConfigError


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "given.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_anything_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load(environ={})
    assert loaded.config == Config()
    assert set(loaded.origins) == set(settings())
    assert set(loaded.origins.values()) == {"default"}


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path):
    file = write(tmp_path, "[router]\nlease = 20\nlinger = 1\nring = 7\n")
    environ = {"CRYPTOSTREAM_ROUTER__LEASE": "30", "CRYPTOSTREAM_ROUTER__LINGER": "2"}
    loaded = load(file, environ=environ, overrides={"router.lease": "40"})
    router = loaded.config.router
    assert (router.lease, router.linger, router.ring) == (40.0, 2.0, 7)
    assert loaded.origins["router.lease"] == "command line"
    assert loaded.origins["router.linger"] == "environment variable CRYPTOSTREAM_ROUTER__LINGER"
    assert loaded.origins["router.ring"] == f"file {file}"
    assert loaded.origins["router.control"] == "default"


def test_a_nested_section_is_reached_from_the_environment():
    environ = {"CRYPTOSTREAM_SOURCES__TRADINGVIEW__BASE_URL": "http://127.0.0.1:7790"}
    flat = from_environment(environ)
    assert validate(flat).config.sources.tradingview.base_url == "http://127.0.0.1:7790"


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("instance", "7", "7"),
        ("instance", '"quoted"', "quoted"),
        ("router.ring", "8_000", 8000),
        ("directory.enabled", "false", False),
        ("browsers.headless", "true", "true"),
        ("browsers.extra_args", '["--a", "--b"]', ("--a", "--b")),
        ("logs.file", "a = 1\nb = 2", "a = 1\nb = 2"),
    ],
)
def test_text_is_read_as_what_the_setting_holds(path, text, value):
    config: object = load(environ={}, overrides={path: text}).config
    for name in path.split("."):
        config = getattr(config, name)
    assert config == value


def test_headless_may_be_a_toml_boolean(tmp_path):
    file = write(tmp_path, "[browsers]\nheadless = true\n")
    assert load(file, environ={}).config.browsers.headless == "true"


def test_an_unknown_key_is_refused_with_its_place_and_the_nearest_name(tmp_path):
    file = write(tmp_path, "[router]\nlaese = 20\n")
    with pytest.raises(ConfigError) as caught:
        load(file, environ={})
    assert caught.value.code == "bad_config"
    message = caught.value.message
    assert "router.laese" in message
    assert str(file) in message
    assert message.endswith("the nearest is router.lease")


def test_an_unknown_variable_with_our_prefix_is_refused():
    with pytest.raises(ConfigError, match=r"CRYPTOSTREAM_ROUTER__LAESE.*nearest is router\.lease"):
        load(environ={"CRYPTOSTREAM_ROUTER__LAESE": "20"})


def test_variables_of_others_are_left_alone():
    assert (
        from_environment({"PATH": "/bin", "CS_TEST_KAFKA": "x", "CRYPTOSTREAM_CONFIG": "y"}) == {}
    )


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("router.ring", "many", "expected `int`, got `str`"),
        ("router.ring", 0, "expected `int` >= 1"),
        ("router.lease", True, "expected `float`, got `bool`"),
        ("router.lease", float("inf"), "must be a finite number"),
        ("logs.level", "LOUD", "invalid enum value 'LOUD'"),
        ("instance", "../up", "expected `str` matching"),
        ("sources.tradingview.base_url", "ftp://x", "expected `str` matching"),
    ],
)
def test_a_bad_value_is_named_with_its_path_and_origin(path, value, complaint):
    with pytest.raises(ConfigError) as caught:
        validate({path: Value(value, "somewhere")})
    assert f"{path} = {value!r}".lower() in caught.value.message.lower()
    assert "(from somewhere)" in caught.value.message
    assert complaint in caught.value.message


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(ConfigError, match=r"router\.ring.*logs\.level"):
        load(environ={}, overrides={"router.ring": 0, "logs.level": "LOUD"})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("router = 1\n", "router .* is a section"),
        ("[instance]\n", "instance = {}"),
        ("[instance]\nname = 1\n", "instance.name .* is not a setting"),
        ("[router\n", "is not a TOML file"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(tmp_path, text, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load(write(tmp_path, text), environ={})


def test_a_named_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*gone\.toml"):
        load(tmp_path / "gone.toml", environ={})


def test_an_empty_section_sets_nothing():
    assert flatten({"router": {}, "sources": {"tradingview": {}}}, origin="x") == {}


def test_later_layers_win():
    merged = merge([{"a": Value(1, "x"), "b": Value(1, "x")}, {"a": Value(2, "y")}])
    assert merged == {"a": Value(2, "y"), "b": Value(1, "x")}


@pytest.mark.parametrize(
    ("named", "environ", "there", "chosen"),
    [
        ("n.toml", {"CRYPTOSTREAM_CONFIG": "e.toml"}, {"cryptostream.toml"}, "n.toml"),
        (None, {"CRYPTOSTREAM_CONFIG": "e.toml"}, {"cryptostream.toml"}, "e.toml"),
        (None, {"XDG_CONFIG_HOME": "/x"}, {"cryptostream.toml"}, "cryptostream.toml"),
        (
            None,
            {"XDG_CONFIG_HOME": "/x", "HOME": "/h"},
            {"/x/cryptostream/config.toml", "/h/.config/cryptostream/config.toml"},
            "/x/cryptostream/config.toml",
        ),
        (
            None,
            {"HOME": "/h"},
            {"/h/.config/cryptostream/config.toml"},
            "/h/.config/cryptostream/config.toml",
        ),
        (None, {"HOME": "/h"}, set(), None),
        (None, {}, set(), None),
    ],
)
def test_the_file_is_looked_for_in_order(named, environ, there, chosen):
    found = choose_file(named and Path(named), environ, exists=lambda file: str(file) in there)
    assert found == (chosen and Path(chosen))


def test_settings_travel_to_a_child_process_as_json():
    config = load(environ={}, overrides={"router.ring": 9, "browsers.extra_args": ["--a"]}).config
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_what_travelled_badly_is_refused():
    with pytest.raises(ConfigError, match="nonsense"):
        Config.from_dict({"nonsense": 1})
