"""Which ticker is on which connection: rules one by one; the laws are in test_shards_laws."""

from cryptostream.sources.binance.effects import (
    Ask,
    Carried,
    Connect,
    Drop,
    Lost,
    Refused,
    Switched,
)
from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.shards import ANSWER_WITHIN, LINGER, STABLE, Shards
from tests.sources.binance.sharding import CUT, number, rules, streams


def opened(shards, tickers, now=0.0):
    """Add tickers and open their connections; return what was asked, by connection."""
    for ticker in tickers:
        shards.add(ticker, now)
    for effect in shards.due(now):
        assert isinstance(effect, Connect)
        shards.connected(effect.serial, now)
    return {ask.serial: ask for ask in shards.due(now)}


def carried(shards, tickers, now=0.0):
    asks = opened(shards, tickers, now)
    for serial, ask in asks.items():
        shards.answered(serial, number(ask), None)
    return asks


def test_all_streams_of_a_ticker_are_asked_for_together():
    [ask] = opened(Shards(rules()), ["BTCUSDT", "ETHUSDT"]).values()
    assert streams(ask) == [
        "btcusdt@trade", "btcusdt@bookTicker", "ethusdt@trade", "ethusdt@bookTicker",
    ]  # fmt: skip
    assert (ask.tickers, ask.subscribe, ask.joins) == (("BTCUSDT", "ETHUSDT"), True, False)


def test_more_tickers_than_fit_take_another_connection():
    asks = opened(Shards(rules()), "ABCDEFGHI")
    assert [len(ask.tickers) for ask in asks.values()] == [4, 4, 1]


def test_a_ticker_is_carried_once_it_was_answered():
    shards = Shards(rules())
    [(serial, ask)] = opened(shards, "AB").items()
    assert not shards.carries("A")
    assert shards.answered(serial, number(ask), None) == [Carried(("A", "B"))]
    assert shards.carries("A")
    assert shards.answered(serial, number(ask), None) == []
    assert shards.answered(99, 1, None) == []


def test_a_ticker_that_comes_later_joins_the_connection_at_the_next_free_moment():
    shards = Shards(rules())
    carried(shards, "A")
    shards.add("B", 0.1)
    assert shards.due(0.1) == []
    assert shards.wake_at(0.1) == 0.25
    [ask] = shards.due(0.25)
    assert ask.tickers == ("B",)


def test_a_ticker_that_goes_is_unsubscribed_and_takes_room_until_then():
    shards = Shards(rules(streams_per_connection=4))
    [serial] = carried(shards, "AB")
    shards.remove("A", 1.0)
    shards.add("C", 1.0)
    ask, connect = shards.due(1.0)
    assert (ask.tickers, ask.subscribe, ask.serial) == (("A",), False, serial)
    assert isinstance(connect, Connect)
    shards.answered(serial, number(ask), None)
    shards.add("D", 2.0)
    [ask] = shards.due(2.0)
    assert (ask.serial, ask.tickers) == (serial, ("D",))


def test_a_ticker_that_goes_before_it_was_asked_for_is_never_asked_for():
    shards = Shards(rules())
    carried(shards, "A")
    shards.add("B", 0.0)
    shards.remove("B", 0.0)
    assert shards.due(1.0) == []


def test_a_ticker_that_comes_back_before_it_went_is_carried_again():
    shards = Shards(rules())
    [serial] = carried(shards, "AB")
    shards.remove("A", 0.1)
    shards.add("A", 0.2)
    [ask] = shards.due(1.0)
    assert (ask.tickers, ask.subscribe) == (("A",), True)
    assert shards.answered(serial, number(ask), None) == [Carried(("A",))]


def test_an_answer_to_a_request_before_the_unsubscription_carries_nothing():
    shards = Shards(rules())
    [(serial, first)] = opened(shards, "AB").items()
    shards.remove("A", 1.0)
    [leave] = shards.due(1.0)
    shards.add("A", 2.0)
    [again] = shards.due(2.0)
    assert shards.answered(serial, number(first), None) == [Carried(("B",))]
    assert shards.answered(serial, number(leave), None) == []
    assert shards.answered(serial, number(again), None) == [Carried(("A",))]


def test_a_lost_connection_is_tried_again_with_growing_pauses():
    shards = Shards(rules())
    [serial] = carried(shards, "A")
    assert shards.lost(serial, CUT, 10.0) == [Lost(("A",))]
    assert shards.trouble("A", 10.0) == CUT
    pauses, now = [], 10.0
    for _ in range(5):
        begun = now
        now = shards.wake_at(now)
        [connect] = shards.due(now)
        pauses.append(now - begun)
        shards.lost(connect.serial, CUT, now)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0]


def test_after_a_stable_run_the_pauses_begin_anew():
    shards = Shards(rules())
    [serial] = carried(shards, "A")
    shards.lost(serial, CUT, 1.0)
    [connect] = shards.due(2.0)
    shards.connected(connect.serial, 2.0)
    shards.lost(connect.serial, CUT, 2.0 + STABLE)
    assert shards.wake_at(2.0 + STABLE) == 3.0 + STABLE


def test_a_pause_that_is_asked_for_holds_for_all_connections():
    shards = Shards(rules())
    first, second = carried(shards, "ABCDE")
    shards.lost(first, Trouble("banned", "x", retry_after=100.0), 10.0)
    shards.lost(second, CUT, 11.0)
    assert shards.trouble("E", 60.0) == Trouble("banned", "x", retry_after=50.0)
    shards.add("F", 60.0)
    assert shards.trouble("F", 60.0).code == "banned"
    assert shards.due(109.0) == []
    assert len(shards.due(110.0)) == 2
    assert shards.trouble("E", 110.0) == CUT


def test_another_host_is_tried_at_once():
    shards = Shards(rules())
    [serial] = carried(shards, "A")
    shards.lost(serial, CUT, 10.0, at_once=True)
    assert len(shards.due(10.0)) == 1


def test_attempts_are_kept_within_their_budget():
    shards = Shards(rules(attempts=3, backoff_first=0.001, backoff_cap=0.001))
    shards.add("A", 0.0)
    times, now = [], 0.0
    for _ in range(7):
        now = max(now, shards.wake_at(now))
        [connect] = shards.due(now)
        times.append(now)
        shards.lost(connect.serial, CUT, now)
    assert times[2] < 1.0
    assert [round(at) for at in times[3:]] == [300, 300, 300, 600]


def test_a_request_that_nobody_answers_ends_the_connection():
    shards = Shards(rules())
    [serial] = opened(shards, "A")
    assert shards.due(ANSWER_WITHIN - 0.1) == []
    drop, lost = shards.due(ANSWER_WITHIN)
    assert (drop, lost) == (Drop(serial, "a request was not answered"), Lost(("A",)))


def test_one_bad_stream_is_found_and_the_others_go_on():
    shards = Shards(rules())
    [(serial, ask)] = opened(shards, "ABC").items()
    assert shards.answered(serial, number(ask), "invalid stream") == []
    found, now = [], 0.0
    for _ in range(3):
        now += 0.25
        [ask] = shards.due(now)
        error = "invalid stream" if ask.tickers == ("B",) else None
        found += shards.answered(serial, number(ask), error)
    assert found == [Carried(("A",)), Refused("B", "invalid stream"), Carried(("C",))]


def test_an_error_without_a_number_is_for_the_oldest_request():
    shards = Shards(rules())
    [(serial, _)] = opened(shards, "A").items()
    assert shards.answered(serial, None, "invalid") == [Refused("A", "invalid")]


def test_an_empty_connection_lingers_and_goes():
    shards = Shards(rules())
    [serial] = carried(shards, "A")
    shards.remove("A", 1.0)
    [ask] = shards.due(1.0)
    shards.answered(serial, number(ask), None)
    assert shards.due(LINGER + 0.9) == []
    assert shards.due(LINGER + 1.0) == [Drop(serial, "it carries nothing")]
    assert shards.links() == []


def test_a_connection_that_was_never_opened_goes_with_its_last_ticker():
    shards = Shards(rules())
    shards.add("A", 0.0)
    shards.remove("A", 0.0)
    assert shards.due(0.0) == []
    assert shards.links() == []


# -- make before break --------------------------------------------------------------------


def handover(shards, old, now):
    """Let the successor of a connection open; return its serial and its request."""
    [connect] = shards.due(now)
    shards.connected(connect.serial, now)
    [ask] = shards.due(now)
    assert ask.joins
    return connect.serial, ask


def test_a_retired_connection_goes_after_its_successor_has_delivered_for_a_while():
    shards = Shards(rules())
    [old] = carried(shards, "AB")
    shards.retire(old, 10.0)
    shards.retire(old, 10.0)
    new, ask = handover(shards, old, 10.0)
    assert shards.due(20.0 - 0.1) == []
    shards.answered(new, number(ask), None)
    assert shards.due(19.0) == []
    assert shards.due(20.9) == []
    assert shards.due(21.0) == [Drop(old, "it was replaced"), Switched(new)]
    assert shards.carries("A")
    assert shards.lost(old, CUT, 21.1) == []


def test_an_old_connection_is_replaced_in_time_one_after_the_other():
    shards = Shards(rules())
    first, second = carried(shards, "ABCDE")
    effects = shards.due(1000.0)
    assert [type(effect) for effect in effects] == []
    [connect] = shards.due(1000.0)
    shards.connected(connect.serial, 1000.0)
    [ask] = shards.due(1000.0)
    shards.answered(connect.serial, number(ask), None)
    assert shards.due(1000.5) == []
    assert shards.due(1002.5) == [Drop(first, "it was replaced"), Switched(connect.serial)]
    shards.due(1002.6)
    [connect] = shards.due(1002.6)
    assert shards.link_of(second) is not None


def test_an_old_connection_that_ends_early_leaves_all_to_its_successor():
    shards = Shards(rules())
    [old] = carried(shards, "AB")
    shards.retire(old, 10.0)
    new, ask = handover(shards, old, 10.0)
    shards.answered(new, number(ask), None)
    assert shards.lost(old, CUT, 10.1) == [Switched(new)]
    assert shards.carries("A")


def test_an_old_connection_that_ends_too_early_is_a_loss_until_the_answer():
    shards = Shards(rules())
    [old] = carried(shards, "AB")
    shards.retire(old, 10.0)
    new, ask = handover(shards, old, 10.0)
    assert shards.lost(old, CUT, 10.1) == [Switched(new), Lost(("A", "B"))]
    assert shards.answered(new, number(ask), None) == [Carried(("A", "B"))]


def test_a_successor_that_fails_costs_nothing_while_the_old_one_lives():
    shards = Shards(rules())
    [old] = carried(shards, "A")
    shards.retire(old, 10.0)
    [connect] = shards.due(10.0)
    assert shards.lost(connect.serial, CUT, 10.0) == []
    assert shards.carries("A")
    [connect] = shards.due(11.0)
    assert shards.link_of(old).successor is not None


def test_tickers_come_and_go_during_a_handover():
    shards = Shards(rules())
    [old] = carried(shards, "AB")
    shards.retire(old, 10.0)
    new, ask = handover(shards, old, 10.0)
    shards.answered(new, number(ask), None)
    shards.add("C", 11.0)
    shards.remove("A", 11.0)
    asks = shards.due(11.0)
    assert {(ask.serial, ask.tickers, ask.subscribe) for ask in asks} == {
        (old, ("A",), False),
        (new, ("C",), True),
    }


def test_two_empty_connections_of_a_handover_both_go():
    shards = Shards(rules())
    [old] = carried(shards, "A")
    shards.retire(old, 10.0)
    new, ask = handover(shards, old, 10.0)
    shards.remove("A", 10.0)
    shards.answered(new, number(ask), None)
    effects = [effect for now in range(11, 60) for effect in shards.due(float(now))]
    for effect in effects:
        if isinstance(effect, Ask):
            shards.answered(effect.serial, number(effect), None)
    assert {effect.serial for effect in effects if isinstance(effect, Drop)} == {old, new}
    assert shards.links() == []
