"""A fresh page takes over from an old one, and nobody sees the seam."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.records import Tick
from cryptostream.sources.tradingview.handover import PATIENCE, may_speak, missed
from cryptostream.wire.hop import PageState

JUMP = Decimal("0.2")
MS = 1_000_000


def tick(last: str, at_ms: float = 0, **more: object) -> Tick:
    return Tick(
        symbol="BINANCE:BTCUSDT",
        source="tradingview",
        method="dom",
        last=Decimal(last),
        ts_observed=int(at_ms * MS),
        **more,
    )


LIVE = (PageState.LIVE, "ok")
QUIET = (PageState.QUIET, "quiet")
DELAYED = (PageState.SUSPECT, "delayed")
IMPLAUSIBLE = (PageState.SUSPECT, "implausible")
FROZEN = (PageState.STALE, "dom_frozen")
LOADING = (PageState.LOADING, "loading")


@pytest.mark.parametrize(
    ("former", "successor", "may"),
    [
        (LIVE, LIVE, True),
        (QUIET, LIVE, True),
        (LIVE, QUIET, True),
        (FROZEN, LIVE, True),
        (LIVE, LOADING, False),
        (LIVE, FROZEN, False),
        (FROZEN, FROZEN, False),
        (DELAYED, DELAYED, True),
        (LIVE, DELAYED, False),
        (DELAYED, IMPLAUSIBLE, False),
    ],
)
def test_a_page_that_is_worse_does_not_speak(former, successor, may):
    assert may_speak(former, successor) is may


@pytest.mark.parametrize(
    ("former", "heard", "waited", "said"),
    [
        pytest.param(tick("1"), [], 99, None, id="it shows nothing yet"),
        pytest.param(tick("1", 5), [tick("1", 4)], 0, [], id="both show the same"),
        pytest.param(
            tick("1", 5), [tick("1", 4), tick("1.1", 9)], 0, ["1.1"], id="it is one ahead"
        ),
        pytest.param(tick("1.1", 9), [tick("1", 4)], 0, None, id="it is behind"),
        pytest.param(tick("1", 5), [tick("1.1", 9)], 0, None, id="it was opened just now"),
        pytest.param(
            tick("1", 5),
            [tick("0.9", 2), tick("1.1", 9), tick("1.2", 10)],
            PATIENCE,
            ["1.1", "1.2"],
            id="it never saw what was sent last, and the old page says nothing more",
        ),
        pytest.param(
            tick("1", 100),
            [tick("1", 50), tick("1.1", 75), tick("1", 99), tick("1.2", 120)],
            0,
            ["1.2"],
            id="the price came back to where it was",
        ),
        pytest.param(
            tick("1", 50),
            [tick("1", 51), tick("1.1", 75), tick("1", 99)],
            0,
            ["1.1", "1"],
            id="the price comes back to where it was",
        ),
        pytest.param(None, [tick("7", 1), tick("8", 2)], 0, ["8"], id="nothing to compare with"),
        pytest.param(tick("1", 5), [tick("1.3", 9)], 99, None, id="another instrument's price"),
        pytest.param(
            tick("1", 5, simulated=True), [tick("1", 9)], 99, None, id="the label is missing"
        ),
        pytest.param(
            tick("1", 5, bid=Decimal("0.9")), [tick("1", 9)], 0, None, id="no bid yet"
        ),
        pytest.param(
            tick("1", 5, bid=Decimal("0.9")), [tick("1", 6)], PATIENCE, ["1"], id="no bid any more"
        ),
        pytest.param(
            tick("1", 5, bid=Decimal("0.9")),
            [tick("1.1", 4)],
            PATIENCE,
            None,
            id="an old price without its bid",
        ),
        pytest.param(
            tick("1", 5, bid=Decimal("0.9")),
            [tick("1", 4, bid=Decimal("0.8"))],
            0,
            [],
            id="an older bid: the newer one is on its way",
        ),
        pytest.param(
            tick("1", 5, bid=Decimal("0.9")),
            [tick("1", 6, bid=Decimal("0.95"))],
            0,
            ["1"],
            id="a newer bid",
        ),
    ],
)  # fmt: skip
def test_what_a_fresh_page_says_first(former, heard, waited, said):
    found = missed(former, heard, JUMP, waited)

    assert (None if found is None else [str(one.last) for one in found]) == said


@given(
    prices=st.lists(st.integers(1000, 1003), min_size=2, max_size=40),
    skew=st.floats(-20, 20),
    data=st.data(),
)
def test_two_pages_of_one_market_make_one_stream(prices, skew, data):
    """Nothing twice, nothing left out, whatever each of them has seen and how its clock goes."""
    # Two changes in a row differ, and lie 50 ms apart, as far as a busy page's do.
    prices = [price for at, price in enumerate(prices) if at == 0 or prices[at - 1] != price]
    truth = [tick(str(price), 50 * at) for at, price in enumerate(prices)]
    sent = data.draw(st.integers(1, len(truth)))
    opened = data.draw(st.integers(0, sent - 1))
    seen = data.draw(st.integers(sent, len(truth)))
    heard = [tick(str(one.last), one.ts_observed / MS + skew) for one in truth[opened:seen]]

    said = missed(truth[sent - 1], heard, JUMP, 0.0)

    assert said is not None
    whole = [one.last for one in truth[:sent]] + [one.last for one in said]
    assert whole == [one.last for one in truth[:seen]]
