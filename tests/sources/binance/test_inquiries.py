"""What is asked by REST, in which batches, and what comes of failures."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import SourceError, UnknownSymbol
from cryptostream.sources.binance.inquiries import (
    AT_ONCE,
    BATCH,
    HALTED_FOR,
    KEPT,
    LISTED_FOR,
    WEIGHT,
    Inquiries,
    Kind,
    Question,
    Verdict,
)
from cryptostream.sources.binance.listing import Grid, Listed

GOOD = Listed("TRADING", Grid())
DOWN = SourceError("down", code="http_error")


def inquiries():
    return Inquiries(lambda: 1.0)


def limited(retry_after):
    error = SourceError("slow down", code="rate_limited")
    error.retry_after = retry_after
    return error


def test_what_is_wanted_is_asked_together_listings_first():
    made = inquiries()
    made.day("A")
    assert made.check("B", 0.0) is None
    assert made.check("C", 0.0) is None
    listing, day = made.due(0.0)
    assert listing == Question(Kind.LISTING, ("B", "C"))
    assert day == Question(Kind.DAY, ("A",))
    assert json.loads(listing.params["symbols"]) == ["B", "C"]
    assert made.due(0.0) == []


def test_batches_and_open_questions_are_bounded():
    made = inquiries()
    for number in range(BATCH * 6):
        made.day(f"T{number}")
    first = made.due(0.0)
    assert [len(one.tickers) for one in first] == [BATCH] * AT_ONCE
    made.answered(first[0])
    assert len(made.due(0.0)) == 1


@pytest.mark.parametrize(
    ("kind", "count", "weight"),
    [(Kind.LISTING, 1, 20), (Kind.LISTING, 100, 20), (Kind.DAY, 20, 2), (Kind.DAY, 21, 40)],
)
def test_a_question_weighs_what_is_documented(kind, count, weight):
    assert Question(kind, ("A",) * count).weight == weight


def test_the_weight_of_a_minute_is_not_exceeded():
    made, spent, now = inquiries(), [], 0.0
    for number in range(2000):
        made.check(f"T{number}", now)
        for question in made.due(now):
            spent.append((now, question.weight))
            made.answered(question)
        now += 0.01
    while len(spent) < 2000:
        now += 0.5
        for question in made.due(now):
            spent.append((now, question.weight))
            made.answered(question)
        if now > 60:
            break
    assert sum(weight for at, weight in spent if at < 60) <= WEIGHT


def test_a_listing_gives_a_verdict_on_each_and_is_kept():
    made = inquiries()
    made.check("A", 0.0)
    made.check("NOPE", 0.0)
    [question] = made.due(0.0)
    made.answered(question)
    assert made.listing(question, {"A": GOOD}, 0.0) == [Verdict("A", GOOD), Verdict("NOPE", None)]
    assert made.check("A", LISTED_FOR - 1) == Verdict("A", GOOD)
    assert made.check("A", LISTED_FOR) is None


def test_who_does_not_trade_is_looked_at_again_soon():
    made = inquiries()
    halted = Listed("BREAK", Grid())
    made.listing(Question(Kind.LISTING, ("A",)), {"A": halted}, 0.0)
    assert made.check("A", HALTED_FOR - 1) == Verdict("A", halted)
    assert made.check("A", HALTED_FOR) is None


@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_unknown_tickers_are_found_among_the_others(count, bad):
    made = inquiries()
    names = [f"T{number}" for number in range(count)]
    unknown = {f"T{number}" for number in bad if number < count}
    for name in names:
        made.check(name, 0.0)
    verdicts = {}
    while questions := made.due(0.0):
        for question in questions:
            if unknown & set(question.tickers):
                found = made.failed(question, UnknownSymbol("no"), 0.0)
            else:
                made.answered(question)
                found = made.listing(question, dict.fromkeys(question.tickers, GOOD), 0.0)
            verdicts |= {verdict.ticker: verdict for verdict in found}
    assert set(verdicts) == set(names)
    assert {name for name, verdict in verdicts.items() if verdict.listed is None} == unknown
    assert all(verdict.decided for verdict in verdicts.values())


def test_a_failure_decides_nothing_and_is_asked_again_later():
    made = inquiries()
    made.check("A", 0.0)
    [question] = made.due(0.0)
    assert made.failed(question, DOWN, 10.0) == [Verdict("A", None, decided=False)]
    assert made.due(10.9) == []
    assert made.due(11.0) == [question]
    made.failed(question, DOWN, 11.0)
    assert made.due(12.9) == []
    assert made.due(13.0) == [question]


def test_who_comes_while_nothing_may_be_asked_goes_on_without_a_verdict():
    made = inquiries()
    made.day("A")
    [question] = made.due(0.0)
    made.failed(question, limited(60.0), 0.0)
    assert made.check("B", 1.0) == Verdict("B", None, decided=False)
    assert made.due(60.0)[0] == Question(Kind.LISTING, ("B",))


def test_pauses_begin_anew_after_a_success():
    made = inquiries()
    for name, now in (("A", 0.0), ("B", 100.0)):
        made.check(name, now)
        [question] = made.due(now)
        made.failed(question, DOWN, now)
        [question] = made.due(now + 1.0)
        made.answered(question)


def test_a_pause_that_was_asked_for_is_kept():
    made = inquiries()
    made.day("A")
    [question] = made.due(0.0)
    assert made.failed(question, limited(120.0), 0.0) == []
    assert made.due(119.0) == []
    assert made.due(120.0) == [question]


def test_another_host_is_asked_at_once():
    made = inquiries()
    made.day("A")
    [question] = made.due(0.0)
    made.failed(question, SourceError("region", code="geo_blocked"), 0.0, at_once=True)
    assert made.due(0.0) == [question]


def test_what_is_not_wanted_any_more_is_not_asked():
    made = inquiries()
    made.check("A", 0.0)
    made.day("A")
    made.forget("A")
    assert made.due(0.0) == []


def test_what_is_not_wanted_any_more_is_not_asked_again_after_a_failure():
    made = inquiries()
    for name in "ABC":
        made.check(name, 0.0)
    [question] = made.due(0.0)
    made.forget("A")
    assert [v.ticker for v in made.failed(question, DOWN, 0.0)] == ["B", "C"]
    [question] = made.due(1.0)
    assert question.tickers == ("B", "C")
    made.failed(question, UnknownSymbol("no"), 1.0)
    made.forget("B")
    assert [one.tickers for one in made.due(1.0)] == [("C",)]


def test_what_is_kept_is_bounded():
    made = inquiries()
    for number in range(KEPT + 10):
        made.listing(Question(Kind.LISTING, (f"T{number}",)), {f"T{number}": GOOD}, 0.0)
    assert len(made._kept) == KEPT
    assert made.check("T0", 1.0) is None
