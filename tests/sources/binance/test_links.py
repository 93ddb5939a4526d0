"""One place for tickers: what is asked next, and what a cut forgets."""

from cryptostream.sources.binance.links import Link, LinkState
from cryptostream.sources.binance.pace import Pace


def link(**to_ask):
    made = Link(1, Pace(4.0), state=LinkState.OPEN)
    made.tickers = dict.fromkeys(to_ask, False)
    made.to_ask = dict(to_ask)
    return made


def test_a_request_does_one_thing_for_so_many():
    made = link(A=True, B=True, C=False, D=True)
    requests = [made.next_request(number, 2, 0.0) for number in (1, 2, 3)]
    assert [one.tickers for one in requests] == [("A", "B"), ("C",), ("D",)]
    assert [one.subscribe for one in requests] == [True, False, True]
    assert made.pace.free_at == 0.75


def test_who_was_refused_in_company_is_asked_alone():
    made = link(A=True, B=True, C=True)
    made.alone = {"A", "B"}
    assert [made.next_request(n, 9, 0.0).tickers for n in (1, 2, 3)] == [("A",), ("B",), ("C",)]


def test_a_cut_forgets_what_only_the_connection_knew():
    made = link(A=True, B=True)
    made.next_request(1, 1, 0.0)
    made.tickers["A"] = True
    made.leaving.add("C")
    assert (made.load, made.complete) == (3, False)
    made.cut()
    assert (made.load, made.tickers, made.asked) == (2, {"A": False, "B": False}, {})
    assert made.state is LinkState.WAITING
