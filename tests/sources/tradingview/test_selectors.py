import re

import pytest

from cryptostream.sources.tradingview.selectors import page_url, rules

SYMBOL = "BINANCE:BTCUSDT"


def test_the_rules_have_different_names_and_the_symbols_own_header_comes_first():
    found = rules(SYMBOL)
    assert len({rule.name for rule in found}) == len(found)
    assert found[0].name == "header"
    assert f'[data-symbol="{SYMBOL}"]' in found[0].css
    assert ":not(.i-hidden)" in found[0].css


@pytest.mark.parametrize(
    "css", ['[data-field="last_price"]', "[data-symbol-last]", ".js-symbol-bid"]
)
def test_what_was_only_ever_in_generated_code_is_not_used(css):
    assert not any(css in rule.css for rule in rules(SYMBOL))


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("last-zoF9r75I js-symbol-last", True),
        ("x last-NYvR1HH2", True),
        ("tv-site-table__column--last-phone-vertical", False),
        ("last-phone-vertical", False),
        ("lastContainer-zoF9r75I", False),
    ],
)
def test_a_hashed_class_is_eight_characters_after_the_hyphen(name, matches):
    [rule] = [rule for rule in rules(SYMBOL) if rule.pattern]
    assert bool(re.search(rule.pattern, name)) is matches


def test_the_hashed_class_is_looked_for_only_where_no_other_symbol_stands():
    [rule] = [rule for rule in rules(SYMBOL) if rule.pattern]
    places = (".js-symbol-page-header-root ", "#js-category-content ")
    assert all(part.strip().startswith(places) for part in rule.css.split(","))


@pytest.mark.parametrize("base", ["http://site", "http://site/"])
def test_the_address_of_a_page_names_its_exchange(base):
    assert page_url(base, SYMBOL) == "http://site/symbols/BTCUSDT/?exchange=BINANCE"
