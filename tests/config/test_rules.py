import pytest

from cryptostream.config import Config, load
from cryptostream.config.rules import broken_rules, is_loopback
from cryptostream.errors import ConfigError


def test_the_defaults_break_no_rule():
    assert list(broken_rules(Config())) == []


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:9", "tcp://127.9.9.9:9", "tcp://[::1]:9", "tcp://localhost:9", "ipc:///r/c"],
)
def test_an_address_that_only_this_machine_reaches_is_accepted(address):
    assert load(environ={}, overrides={"router.control": address}).config.router.control == address


@pytest.mark.parametrize(
    "address", ["tcp://0.0.0.0:9", "tcp://*:9", "tcp://192.168.1.5:9", "tcp://[::]:9"]
)
@pytest.mark.parametrize("path", ["router.control", "router.data"])
def test_an_address_that_others_reach_is_refused_with_the_remedy(path, address):
    with pytest.raises(ConfigError, match=r"loopback.*CURVE.*use 127\.0\.0\.1") as caught:
        load(environ={}, overrides={path: address})
    assert caught.value.code == "bad_config"
    assert path in caught.value.message
    assert "(from command line)" in caught.value.message


@pytest.mark.parametrize(
    "address",
    [
        "",
        "7700",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:*",
        "tcp://127.0.0.1:99999",
        "tcp://127.0.0.1:9/x",
        "tcp://u@127.0.0.1:9",
        "tcp://[::1:9",
        "http://127.0.0.1:9",
        "ipc://",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(address):
    with pytest.raises(ConfigError, match="must look like tcp"):
        load(environ={}, overrides={"router.data": address})


def test_the_simulated_market_stays_on_this_machine():
    with pytest.raises(ConfigError, match=r"sim\.host.*loopback"):
        load(environ={}, overrides={"sim.host": "0.0.0.0"})


@pytest.mark.parametrize(
    "overrides",
    [
        {"router.control": "tcp://localhost:7701"},
        {"router.control": "ipc:///r/x", "router.data": "ipc:///r/x"},
        {"sim.enabled": True, "sim.port": 7700},
    ],
)
def test_two_listeners_cannot_share_a_place(overrides):
    with pytest.raises(ConfigError, match="listens at the same place as"):
        load(environ={}, overrides=overrides)


def test_the_port_of_a_market_that_does_not_run_is_free():
    assert load(environ={}, overrides={"sim.port": 7700}).config.sim.port == 7700


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"router.heartbeat": 11}, r"router\.heartbeat.*not be larger than router\.lease"),
        ({"reconciler.backoff_cap": 0.1}, r"first_backoff.*not be larger"),
        ({"browsers.start": 3}, r"browsers\.start.*not be larger than browsers\.ceiling"),
        ({"sources.tradingview.stale_after": 61}, r"stale_after.*not be larger"),
        ({"sources.options": ["lines=5"]}, r"'lines=5' is not like"),
        ({"sources.order": []}, r"sources\.order.*at least one"),
        ({"sources.orders": ["KRAKEN:*"]}, r"'KRAKEN:\*' is not like"),
        ({"sources.orders": ["KRAKEN=ccxt"]}, r"is not like KRAKEN:\*=ccxt"),
        ({"sources.orders": ["*=ccxt+"]}, r"is not like"),
    ],
)
def test_settings_that_belong_together_are_ordered(overrides, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load(environ={}, overrides=overrides)


def test_a_name_may_resolve_to_anything_so_it_is_not_loopback():
    assert not is_loopback("example.org")


@pytest.mark.parametrize(
    ("overrides", "missing"),
    [
        ({}, "tokens_file"),
        ({"gateway.tokens_file": "/t.json"}, "behind_tls_proxy"),
        ({"gateway.behind_tls_proxy": True}, "tokens_file"),
    ],
)
def test_a_gateway_that_others_can_reach_needs_tokens_and_a_proxy(overrides, missing):
    with pytest.raises(ConfigError, match=rf"gateway\.host.*{missing}"):
        load(environ={}, overrides={"gateway.host": "0.0.0.0", **overrides})


def test_a_gateway_that_does_not_run_or_is_well_protected_may_be_anywhere():
    there = {"gateway.host": "0.0.0.0"}
    load(environ={}, overrides={**there, "gateway.enabled": False})
    safe = {"gateway.tokens_file": "/t.json", "gateway.behind_tls_proxy": True}
    assert load(environ={}, overrides={**there, **safe}).config.gateway.port == 7780
