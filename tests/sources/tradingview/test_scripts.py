import json
import re

from cryptostream.config.tradingview import TradingView
from cryptostream.sources.tradingview.scripts import BINDING, diet_script, observer_script
from cryptostream.sources.tradingview.selectors import rules

SYMBOL = "BINANCE:BTCUSDT"


def config_of(script: str) -> dict[str, object]:
    """Return the settings that a script is called with."""
    found = re.search(r"\)\((\{.*\})\);$", script)
    assert found
    return json.loads(found[1])


def test_the_observer_gets_its_symbol_its_rules_and_the_name_of_its_binding():
    config = config_of(observer_script(SYMBOL, TradingView(stability_ms=70)))
    assert config["binding"] == BINDING
    assert config["symbol"] == SYMBOL
    assert config["stability"] == 70
    assert [rule["name"] for rule in config["rules"]] == [rule.name for rule in rules(SYMBOL)]
    assert set(config["rules"][0]) == {"name", "css", "pattern"}


def test_the_diet_gets_its_settings():
    config = config_of(diet_script(TradingView(hide_layout=False, animation_hz=2.0)))
    assert config == {"hideLayout": False, "animationHz": 2.0}


def test_a_script_is_one_call_of_one_function():
    for script in (observer_script(SYMBOL, TradingView()), diet_script(TradingView())):
        assert script.startswith("(")
        assert script.endswith(");")
