"""Every look of a symbol page that is known: the price is read, and only the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import eventually, next_item, tick_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptostream.client.blocking import Client
    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def market(start_shared: Callable[..., Market]) -> Market:
    """Start one daemon for all tests here: none of them breaks it."""
    return start_shared(router__linger=0.0)


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

    # SOLUSDT is seeded at about 170; what is shown first is another symbol's price.
    assert 100 < tick.last < 300


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

    for _ in range(5):
        tick = next_item(cs, tick_of("SOLUSDT"))
        assert 100 < tick.last < 300


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

    assert 100 < tick.last < 300
    assert rule is None or tick.rule == rule
