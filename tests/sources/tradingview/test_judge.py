from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.sources.tradingview.judge import Judge, Opinion, Reading

ACCEPTED, WAITING, REPEATED = Opinion.ACCEPTED, Opinion.WAITING, Opinion.REPEATED
UNREADABLE, IMPLAUSIBLE = Opinion.UNREADABLE, Opinion.IMPLAUSIBLE


def judge(stability_ms: float = 100, max_jump_percent: float = 20) -> Judge:
    return Judge(stability_ms, max_jump_percent)


def hear(it: Judge, *readings: tuple[str, float] | tuple[str, float, str]) -> list[Opinion]:
    return [
        it.hear(Reading(text, rule[0] if rule else "header", at_ms))
        for text, at_ms, *rule in readings
    ]


def test_a_first_price_is_believed_when_a_second_reading_agrees():
    it = judge()
    assert hear(it, ("67,123.45", 0), ("67,123.45", 50)) == [WAITING, WAITING]
    assert it.price is None
    assert hear(it, ("67,123.50", 100)) == [ACCEPTED]
    assert str(it.price) == "67123.50"
    assert it.rule == "header"


def test_without_a_stability_time_the_first_price_is_believed_at_once():
    assert hear(judge(stability_ms=0), ("5", 0)) == [ACCEPTED]


def test_a_first_glitch_does_not_keep_the_true_price_out():
    it = judge()
    opinions = hear(it, ("6.7", 0), ("67,123.45", 200), ("67,123.45", 400))
    assert opinions == [WAITING, WAITING, ACCEPTED]


def test_two_rules_do_not_confirm_each_other():
    it = judge()
    assert hear(it, ("5", 0, "header"), ("5", 200, "any")) == [WAITING, WAITING]
    assert hear(it, ("5", 400, "any")) == [ACCEPTED]
    assert it.rule == "any"


def test_small_steps_are_believed_at_once_and_equal_prices_are_no_news():
    it = judge(stability_ms=0)
    assert hear(it, ("100", 0), ("119", 1), ("119.00", 2), ("96", 3)) == [
        ACCEPTED,
        ACCEPTED,
        REPEATED,
        ACCEPTED,
    ]


def test_a_large_step_is_believed_when_the_market_goes_on_from_there():
    it = judge()
    hear(it, ("100", 0), ("100", 100))
    assert hear(it, ("1000", 200)) == [IMPLAUSIBLE]
    assert it.doubtful
    assert hear(it, ("1001", 250), ("1002", 300)) == [IMPLAUSIBLE, ACCEPTED]
    assert not it.doubtful
    assert it.implausible == 1


def test_reading_the_same_spike_again_confirms_nothing_until_it_has_stood_long():
    it = judge()
    hear(it, ("100", 0), ("100", 100))
    assert hear(it, ("1000", 200), ("1000", 400), ("1000", 5199)) == [IMPLAUSIBLE] * 3
    assert hear(it, ("1000", 5200)) == [ACCEPTED]


def test_bid_and_ask_beside_a_large_step_confirm_it_at_once():
    it = judge()
    hear(it, ("100", 0), ("100", 100))
    assert it.hear(Reading("50", "header", 200), Decimal("50.1")) is ACCEPTED


def test_bid_and_ask_that_contradict_a_price_keep_it_out_for_good():
    it = judge()
    hear(it, ("100", 0), ("100", 100))
    for at_ms, text in enumerate(("1000", "1001", "1002", "1003"), start=1):
        assert it.hear(Reading(text, "header", at_ms * 10_000), Decimal(100)) is IMPLAUSIBLE
    assert it.doubtful
    assert str(it.price) == "100"


def test_a_spike_that_goes_back_is_never_believed():
    it = judge()
    hear(it, ("100", 0), ("100", 100))
    assert hear(it, ("1000", 200), ("100", 250)) == [IMPLAUSIBLE, REPEATED]
    assert not it.doubtful
    assert str(it.price) == "100"


@pytest.mark.parametrize("text", ["", "—", "67,12", "0", "-5", "loading"])
def test_what_is_no_price_is_counted_and_changes_nothing(text):
    it = judge(stability_ms=0)
    hear(it, ("100", 0))
    assert hear(it, (text, 1)) == [UNREADABLE]
    assert str(it.price) == "100"
    assert it.unreadable == 1


PRICES = st.sampled_from(["100", "101", "99", "1000", "0.1", "—", "", "67,12"])


@settings(deadline=None)
@given(st.lists(st.tuples(PRICES, st.integers(0, 150), st.sampled_from(["header", "any"]))))
def test_only_what_was_read_is_believed_and_no_jump_without_a_second_reading(readings):
    it, at_ms, before, seen = judge(), 0, None, []
    for text, pause, rule in readings:
        at_ms += pause
        opinion = it.hear(Reading(text, rule, at_ms))
        if opinion is ACCEPTED:
            assert str(it.price) == text
            assert it.rule == rule
            far = before is None or abs(it.price - before) > before / 5
            if far:
                assert any(abs(it.price - price) <= price / 5 for price, _, _ in seen)
            before = it.price
        else:
            assert it.price == before
        if opinion is not UNREADABLE:
            seen.append((Decimal(text), rule, at_ms))


@settings(deadline=None)
@given(st.lists(st.tuples(PRICES, st.integers(0, 150), st.sampled_from(["header", "any"]))))
def test_a_price_that_stays_is_believed_after_whatever_came_before(readings):
    it, at_ms = judge(), 0
    for text, pause, rule in readings:
        at_ms += pause
        it.hear(Reading(text, rule, at_ms))
    hear(it, ("5000", at_ms + 1), ("5000", at_ms + 101), ("5000", at_ms + 5_001))
    assert str(it.price) == "5000"
