"""The supervision tree as a value."""

from cryptostream.app.daemon import simulated_config, simulated_overrides
from cryptostream.app.tree import browser, build_tree
from cryptostream.config import load
from cryptostream.config.settings import Config
from supervisors.spec import Kind, Restart, stop_bound


def test_a_daemon_is_a_router_what_feeds_it_and_the_gateway_in_start_order():
    tree = build_tree(load(environ={}, overrides={"browsers.start": 2}).config)

    names = ["router", "feeds", "gateway", "browser-0", "browser-1"]
    assert [child.name for child in tree.children] == names
    assert {child.kind for child in tree.children} == {Kind.PROCESS}
    assert {child.restart for child in tree.children} == {Restart.PERMANENT}


def test_the_simulated_market_starts_first():
    tree = build_tree(simulated_config())

    assert tree.children[0].name == "sim"


def test_every_process_gets_the_whole_configuration():
    config = load(environ={}, overrides={"router.lease": 42.0}).config

    for child in build_tree(config).children:
        assert Config.from_dict(child.arguments["config"]) == config
        assert child.heartbeat is not None


def test_browsers_share_one_function():
    config = load(environ={}).config

    assert browser(config, 7).name == "browser-7"
    assert browser(config, 7).target == "cryptostream.app.processes:browser"


def test_one_hung_process_does_not_keep_the_stop_beyond_five_seconds():
    config = load(environ={}).config

    assert stop_bound(browser(config, 0), 1.0) <= 5.0


def test_a_simulated_daemon_asks_nobody_but_its_own_market():
    config = simulated_config({"sim.port": 7999})

    assert config.sources.tradingview.base_url == "http://127.0.0.1:7999"
    assert config.directory.binance_url == "http://127.0.0.1:7999"
    assert config.sim.enabled
    assert simulated_overrides(config)["directory.cache"] is False
