"""Every look of a symbol page that is known: the price is read, and only the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryptostream.records import Tick
from tests.integration.conftest import eventually, next_item, status_of, tick_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptostream.client.blocking import Client
    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def assert_right(tick: Tick) -> None:
    """SOLUSDT is seeded at about 170 and has two decimals: half a number has fewer."""
    assert 100 < tick.last < 300
    assert tick.last.as_tuple().exponent == -2


@pytest.fixture(scope="module")
def market(start_shared: Callable[..., Market]) -> Market:
    """Start one daemon for all tests here: none of them breaks it."""
    return start_shared(router__linger=0.0, sources__tradingview__value_timeout=4.0)


@pytest.fixture
def cs(market: Market) -> Iterator[Client]:
    """Connect; afterwards no page is open and no fault is set."""
    with market.client() as cs:
        yield cs
        cs.unsubscribe("SOLUSDT")
        eventually(lambda: not cs.tickers())
    market.clear_faults()


def test_the_wrong_symbol_is_never_published_even_if_it_is_shown_first(
    market: Market, cs: Client
) -> None:
    market.set_fault("wrong_symbol_first", "BINANCE:SOLUSDT", seconds=1.5)
    cs.subscribe("SOLUSDT")

    tick = next_item(cs, tick_of("SOLUSDT"))

    assert_right(tick)


@pytest.mark.parametrize(
    "fault",
    [
        "hash_rotated",
        "replace_element",
        "remount_header",
        "drop_socket",
        "half_built",
        "two_qa_ids",
        "hidden_copy",
        "unbound_duplicate",
        "no_qa_id",
        "no_js_symbol_last",
        "bidi_marks",
        "endless_requests",
        "slow_load",
    ],
)
def test_the_stream_goes_on_over_changes_of_the_page(
    market: Market, cs: Client, fault: str
) -> None:
    market.set_fault(fault, "BINANCE:SOLUSDT")
    cs.subscribe("SOLUSDT")

    for _ in range(10):
        assert_right(next_item(cs, tick_of("SOLUSDT")))


@pytest.mark.parametrize("fault", ["price_spike", "zero", "negative", "dash", "never_fills"])
def test_a_price_that_cannot_be_is_never_published(market: Market, cs: Client, fault: str) -> None:
    cs.subscribe("SOLUSDT")
    next_item(cs, tick_of("SOLUSDT"))

    market.set_fault(fault, "BINANCE:SOLUSDT")
    for item in cs.events(within=1.5):
        if tick_of("SOLUSDT")(item):
            assert_right(item)
            if fault == "price_spike" and item.seq > 30:
                break

    market.clear_faults()
    assert_right(next_item(cs, tick_of("SOLUSDT")))


@pytest.mark.parametrize("style", ["nbsp", "narrow", "dot"])
def test_numbers_of_another_locale_are_refused_and_never_guessed(
    market: Market, cs: Client, style: str
) -> None:
    market.set_fault("locale", "BINANCE:SOLUSDT", style=style)
    cs.subscribe("SOLUSDT")

    item = next_item(
        cs, lambda item: tick_of("SOLUSDT")(item) or status_of("SOLUSDT", phase="retrying")(item)
    )

    assert not isinstance(item, Tick)
    assert item.code == "unreadable_price"


@pytest.mark.parametrize(
    ("generation", "rule"),
    [
        ("G0", None),
        ("G1", "bound"),
        ("G2", "header"),
        ("G3", "header"),
        ("G4", "header"),
        ("G5", "header"),
    ],
)
def test_every_known_generation_of_the_page_is_read(
    market: Market, cs: Client, generation: str, rule: str | None
) -> None:
    market.set_fault("generation", "BINANCE:SOLUSDT", value=generation)
    cs.subscribe("SOLUSDT")

    tick = next_item(cs, lambda item: tick_of("SOLUSDT")(item) and not item.image)

    assert_right(tick)
    assert rule is None or tick.rule == rule
