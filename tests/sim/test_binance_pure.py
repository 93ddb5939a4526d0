"""The pure parts of the Binance replica: names, payloads, the protocol, limits, distortions."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sim import binance_payloads as payloads
from cryptostream.sim import binance_rest as rest
from cryptostream.sim.binance_distortion import Distortion
from cryptostream.sim.binance_limits import Limits, Weights, Window
from cryptostream.sim.binance_message import Message, frame
from cryptostream.sim.binance_payloads import Clock
from cryptostream.sim.binance_refusals import refusal
from cryptostream.sim.binance_streams import parse_address, parse_stream
from cryptostream.sim.fault_table import BINANCE_FAULTS, FAULTS
from cryptostream.sim.faults import complete
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.models import first_quote
from cryptostream.sim.quote import Print

BTC = INSTRUMENTS["BINANCE:BTCUSDT"]
QUOTE = first_quote(BTC, 1, 5_000).traded(6712401, 263, 1672515782136)
PRINT = QUOTE.last_print()
CLOCK = Clock(1672515782137)


def loaded(text):
    return json.loads(text)


# -- numbers and payloads -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (6712345, 2, "67123.45000000"),
        (1, 8, "0.00000001"),
        (-5, 1, "-0.50000000"),
        (67101, 0, "67101.00000000"),
        (263, 6, "0.00026300"),
        (0, 2, "0.00000000"),
    ],
)
def test_numbers_have_eight_decimals(units, decimals, text):
    assert payloads.number(units, decimals) == text


@given(st.integers(-(10**15), 10**15), st.integers(0, 8))
def test_no_digit_of_a_number_is_lost(units, decimals):
    assert Decimal(payloads.number(units, decimals)) == Decimal(units).scaleb(-decimals)


def test_a_trade_has_the_documented_shape():
    assert loaded(payloads.trade(BTC, PRINT, CLOCK, 1)) == {
        "e": "trade", "E": 1672515782137, "s": "BTCUSDT", "t": QUOTE.number,
        "p": "67124.01000000", "q": "0.00026300", "T": 1672515782136, "m": False, "M": True,
    }  # fmt: skip


def test_an_aggregate_is_one_trade():
    found = loaded(payloads.agg_trade(BTC, PRINT, CLOCK, 1))
    assert (found["a"], found["f"], found["l"]) == (QUOTE.number,) * 3
    assert set(found) == set("eEsapqflTmM")


def test_a_book_ticker_has_neither_a_type_nor_a_time():
    assert set(loaded(payloads.book(BTC, QUOTE, 3))) == set("usbBaA")


def test_the_tickers_have_the_documented_fields():
    assert set(loaded(payloads.mini(BTC, QUOTE, CLOCK, 1))) == set("eEscohlvq")
    day = loaded(payloads.day(BTC, QUOTE, CLOCK, 1))
    assert set(day) == set("eEspPwxcQbBaAohlvqOCFLn")
    assert Decimal(day["c"]) - Decimal(day["o"]) == Decimal(day["p"])
    assert day["L"] - day["F"] + 1 == day["n"]
    assert Decimal(day["l"]) <= Decimal(day["w"]) <= Decimal(day["h"])


def test_the_average_looks_back_five_minutes():
    old = Print(number=1, price=100, quantity=5, buyer_is_maker=False, time_ms=0)
    young = Print(number=2, price=300, quantity=5, buyer_is_maker=False, time_ms=400_000)
    clock = Clock(400_001)
    assert loaded(payloads.average_price(BTC, [old, young], clock, 1))["w"] == "3.00000000"
    assert loaded(payloads.average_price(BTC, [old], clock, 1))["w"] == "1.00000000"


def test_times_are_in_the_asked_unit_and_as_wrong_as_the_clock():
    found = loaded(payloads.trade(BTC, PRINT, Clock(1672515782137, -3_600_000), 1000))
    assert (found["E"], found["T"]) == (1672512182137000, 1672512182136000)


@pytest.mark.parametrize(
    ("last", "text"), [(10_250, "2.500"), (9_999, "-0.010"), (10_000, "0.000")]
)
def test_the_percentage_is_that_of_the_day(last, text):
    quote = first_quote(BTC, 1, 0).traded(last, 1, 0)
    object.__setattr__(quote, "open", 10_000)
    assert payloads.percent(quote) == text


# -- frames -------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "head"), [(5, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_a_frame_is_a_whole_unmasked_one(size, head):
    found = frame(b"x" * size)
    assert len(found) == head + size
    assert found[0] == 0x81
    assert found[1] < 0x80


def test_a_message_is_encoded_once_for_each_form():
    asked = []
    message = Message("btcusdt@trade", lambda unit: asked.append(unit) or f'{{"u":{unit}}}')
    forms = [(False, 1), (True, 1), (False, 1000), (False, 1), (True, 1)]
    frames = [message.frame(combined=combined, unit=unit)[2:] for combined, unit in forms]
    assert frames[1] == b'{"stream":"btcusdt@trade","data":{"u":1}}'
    assert frames[2] == b'{"u":1000}'
    assert asked == [1, 1, 1000]


# -- names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("btcusdt@trade", "BINANCE:BTCUSDT"),
        ("btcusdt@avgPrice", "BINANCE:BTCUSDT"),
        ("BTCUSDT@trade", ""),
        ("nosuch@trade", ""),
        ("btcusdt@depth5@100ms", ""),
        ("btcusdt@kline_1m", ""),
    ],
)
def test_a_well_formed_stream_is_accepted_and_may_be_silent(name, symbol):
    assert parse_stream(name).symbol == symbol


@pytest.mark.parametrize("name", ["", "btcusdt", "btcusdt@nonsense", "@trade", "a b@trade", 7])
def test_what_is_no_stream_is_refused(name):
    assert parse_stream(name) is None


@pytest.mark.parametrize(
    ("path", "query", "names", "combined"),
    [
        ("/ws", {}, [], False),
        ("/ws/0", {}, [], False),
        ("/ws/btcusdt@trade/ethusdt@ticker", {}, ["btcusdt@trade", "ethusdt@ticker"], False),
        ("/stream", {}, [], True),
        ("/stream", {"streams": "btcusdt@trade/ethusdt@trade"},
         ["btcusdt@trade", "ethusdt@trade"], True),
    ],
)  # fmt: skip
def test_an_address_says_what_it_wants(path, query, names, combined):
    found = parse_address(path, query)
    assert [stream.name for stream in found.streams] == names
    assert (found.combined, found.microseconds) == (combined, False)
    assert parse_address(path, query | {"timeUnit": "MICROSECOND"}).microseconds


# -- limits -------------------------------------------------------------------------------


def test_a_window_takes_so_many_in_its_period():
    window = Window(2, 10.0)
    assert [window.takes(now) for now in (0, 1, 2, 10, 10.5, 11)] == [
        True, True, False, True, False, True,
    ]  # fmt: skip


def test_weight_is_used_by_the_minute_and_refused_until_its_end():
    weights = Weights(Limits(weight=50))
    assert weights.pay(40, 0.0).used == 40
    refused = weights.pay(20, 15.0)
    assert (refused.status, refused.retry_after) == (429, 45)
    assert weights.pay(20, 60.0).status == 0


def test_who_goes_on_is_banned_for_longer_each_time():
    weights = Weights(Limits(weight=1))
    tolls = [weights.pay(2, 0.0) for _ in range(11)]
    assert [toll.status for toll in tolls] == [429] * 10 + [418]
    assert tolls[-1].retry_after == 120
    assert weights.pay(1, 119.0).status == 418
    again = [weights.pay(2, 120.0) for _ in range(11)]
    assert again[-1].retry_after == 240


def test_every_period_is_scaled():
    limits = Limits.scaled(0.01)
    assert (limits.ping, limits.pong, limits.second) == (0.2, 0.6, 0.01)
    assert Limits.scaled(10).update == 1.0


# -- distortions --------------------------------------------------------------------------


def prints(count):
    return [
        Print(number=n, price=100 + n, quantity=1, buyer_is_maker=False, time_ms=n)
        for n in range(1, count + 1)
    ]


def distorted(count, *names, **params):
    distortion = Distortion()
    faults = {name: complete(FAULTS[name], params) for name in names}
    return [one.number for done in prints(count) for one in distortion.of(done, faults)]


def test_trades_are_lost_doubled_swapped_and_late():
    assert distorted(5) == [1, 2, 3, 4, 5]
    assert distorted(7, "binance_lost", every=3) == [1, 2, 4, 5, 7]
    assert distorted(3, "binance_doubled") == [1, 1, 2, 2, 3, 3]
    assert distorted(4, "binance_swapped") == [2, 1, 4, 3]
    assert distorted(14, "binance_out_of_order", by=2)[8:] == [9, 11, 12, 10, 13, 14]


def test_what_was_held_back_comes_when_the_fault_is_cleared():
    distortion = Distortion()
    first, second = prints(2)
    swapped = {"binance_swapped": {}}
    assert distortion.of(first, swapped) == []
    assert distortion.of(second, {}) == [second, first]


# -- REST ---------------------------------------------------------------------------------


def quote_of(_):
    return QUOTE


def test_the_day_in_full_and_in_short():
    status, full = rest.day_ticker({"symbol": "BTCUSDT"}, (), quote_of, 1000)
    assert status == 200
    assert full["lastPrice"] == "67124.01000000"
    assert full["bidPrice"] == payloads.number(QUOTE.bid, 2)
    _, [short] = rest.day_ticker({"symbols": '["BTCUSDT"]', "type": "MINI"}, (), quote_of, 1000)
    assert "bidPrice" not in short
    assert short["lastId"] == QUOTE.number


@pytest.mark.parametrize(
    ("query", "weight"),
    [
        ({"symbol": "A"}, 2),
        ({"symbols": json.dumps(["A"] * 20)}, 2),
        ({"symbols": json.dumps(["A"] * 100)}, 40),
        ({"symbols": json.dumps(["A"] * 101)}, 80),
        ({}, 80),
    ],
)
def test_the_day_weighs_more_for_more_symbols(query, weight):
    assert rest.day_weight(query) == weight


def test_trades_are_the_newest_last():
    found = prints(3)
    status, body = rest.trades({"symbol": "BTCUSDT", "limit": "2"}, (), lambda _: found)
    assert (status, [entry["id"] for entry in body]) == (200, [2, 3])
    assert set(body[0]) == {"id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, -1102),
        ({"symbol": ""}, -1102),
        ({"symbol": "NOPE"}, -1121),
        ({"symbol": "BTCUSDT", "limit": "x"}, -1100),
    ],
)
def test_wrong_questions_after_trades_are_refused(query, code):
    status, body = rest.trades(query, (), lambda _: [])
    assert (status, body["code"]) == (400, code)


@pytest.mark.parametrize(
    ("query", "code"), [({"symbol": "NOPE"}, -1121), ({"symbols": "x"}, -1100)]
)
def test_wrong_questions_after_a_book_are_refused(query, code):
    status, body = rest.book_ticker(query, (), quote_of)
    assert (status, body["code"]) == (400, code)


@pytest.mark.parametrize(
    ("status", "found", "header"),
    [(403, 403, None), (418, 418, "7"), (429, 429, "7"), (451, 451, None), (503, 503, None),
     (7, 500, None)],
)  # fmt: skip
def test_refusals_have_the_status_and_header(status, found, header):
    answered = refusal(status, 7)
    assert (answered.status, answered.headers.get("Retry-After")) == (found, header)


def test_every_fault_of_the_replica_is_named_for_it():
    assert all(fault.name.startswith("binance_") for fault in BINANCE_FAULTS)
    assert {fault.name for fault in BINANCE_FAULTS} <= FAULTS.keys()
