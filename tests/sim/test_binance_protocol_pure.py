"""The protocol of the Binance replica as a value: requests, errors, pings, the day's end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sim.binance_limits import Limits
from cryptostream.sim.binance_protocol import (
    BinanceProtocol,
    Close,
    Say,
    SendPing,
    SendPong,
)
from cryptostream.sim.binance_streams import parse_address

METHODS = "SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY"


def protocol(path="/ws", now=0.0, **limits):
    return BinanceProtocol(parse_address(path, {}), Limits(**limits), now)


def answer(machine, request, now=0.0, *, broken=False, wrapped=False):
    text = request if isinstance(request, str) else json.dumps(request)
    [effect] = machine.text(text, now, broken=broken, wrapped=wrapped)
    return json.loads(effect.text) if isinstance(effect, Say) else effect


def subscribe(*names, number=1):
    return {"method": "SUBSCRIBE", "params": list(names), "id": number}


def test_subscriptions_come_and_go_and_are_listed():
    machine = protocol()
    assert answer(machine, subscribe("btcusdt@trade", "ethusdt@trade")) == {"result": None, "id": 1}
    assert answer(machine, {"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": "a"}) == {
        "result": None,
        "id": "a",
    }
    assert answer(machine, {"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {
        "result": ["ethusdt@trade"],
        "id": 3,
    }


def test_the_one_property_can_be_set_and_read():
    machine = protocol()
    request = {"method": "GET_PROPERTY", "params": ["combined"], "id": 2}
    assert answer(machine, request) == {"result": False, "id": 2}
    assert answer(machine, {"method": "SET_PROPERTY", "params": ["combined", True], "id": 1}) == {
        "result": None,
        "id": 1,
    }
    assert answer(machine, request) == {"result": True, "id": 2}
    assert answer(protocol("/stream"), request) == {"result": True, "id": 2}


@pytest.mark.parametrize(
    ("request_", "code", "msg"),
    [
        ("nonsense", 3, "Invalid JSON: expected value at line 1 column 1"),
        ("[" * 100_000, 3, "Invalid JSON: recursion limit exceeded at line 1 column 128"),
        ("[]", 2, "Invalid request: expected a map at line 1 column 1"),
        ('{"id":1}', 2, "Invalid request: missing field `method` at line 1 column 8"),
        ({"method": "X", "id": 1}, 2,
         f"Invalid request: unknown variant X, expected one of {METHODS}"),
        ({"method": "SUBSCRIBE", "params": ["x"], "id": 1}, 2, "Invalid request: invalid stream"),
        ({"method": "SUBSCRIBE", "params": [], "id": 1}, 2, "Invalid request: invalid stream"),
        ({"method": "SUBSCRIBE", "id": 1.5}, 2,
         "Invalid request: request ID must be an unsigned integer"),
        ({"method": "SUBSCRIBE", "id": True}, 2,
         "Invalid request: request ID must be an unsigned integer"),
        ({"method": "SUBSCRIBE", "id": "x" * 37}, 2,
         "Invalid request: request ID must be an unsigned integer"),
        ({"method": "SUBSCRIBE", "params": "x"}, 2, "Invalid request: params must be a list"),
        ({"method": "GET_PROPERTY", "params": ["x"]}, 0, "Unknown property"),
        ({"method": "GET_PROPERTY", "params": [1]}, 2,
         "Invalid request: property name must be a string"),
        ({"method": "GET_PROPERTY", "params": ["combined", 1]}, 2,
         "Invalid request: too many parameters"),
        ({"method": "SET_PROPERTY", "params": ["combined", 1]}, 1,
         "Invalid value type: expected Boolean"),
        ({"method": "SET_PROPERTY", "params": ["combined"]}, 1,
         "Invalid value type: expected Boolean"),
    ],
)  # fmt: skip
def test_errors_have_their_codes_and_words(request_, code, msg):
    found = answer(protocol(), request_)
    assert (found["code"], found["msg"]) == (code, msg)


def test_errors_come_in_two_shapes():
    request = subscribe("x", number=2)
    error = {"code": 2, "msg": "Invalid request: invalid stream"}
    assert answer(protocol(), request) == error | {"id": 2}
    assert answer(protocol(), request, wrapped=True) == {"error": error, "id": 2}


def test_more_streams_than_allowed_are_refused_as_a_whole():
    machine = protocol(streams=2)
    answer(machine, subscribe("btcusdt@trade"))
    names = ["ethusdt@trade", "solusdt@trade"]
    assert answer(machine, subscribe(*names))["code"] == 2
    assert list(machine.streams) == ["btcusdt@trade"]


def test_the_sixth_message_within_a_second_is_the_end():
    machine = protocol()
    machine.ping(b"x", 0.0)
    machine.pong(b"y", 0.1)
    for _ in range(3):
        assert isinstance(answer(machine, subscribe("btcusdt@trade"), 0.9), dict)
    assert answer(machine, subscribe("btcusdt@trade"), 0.99) == Close(1008, "Too many requests")


def test_five_messages_each_second_are_welcome_for_ever():
    machine = protocol()
    for number in range(100):
        assert machine.ping(b"x", number * 0.2001) == [SendPong(b"x")]


def test_a_client_that_answers_with_the_same_payload_stays():
    machine = protocol(messages=1000)
    now = 0.0
    for _ in range(10):
        now = machine.next_at()
        [ping] = machine.clock(now)
        assert isinstance(ping, SendPing)
        assert machine.pong(ping.payload, now + 1) == []
    assert now == pytest.approx(200.0)


def test_another_pong_does_not_keep_the_connection():
    machine = protocol(messages=1000)
    effects = []
    while not any(isinstance(effect, Close) for effect in effects):
        now = machine.next_at()
        effects = machine.clock(now)
        machine.pong(b"", now)
    assert now == pytest.approx(80.0)


def test_a_day_has_an_end_whatever_is_answered():
    machine = protocol(messages=10**6)
    effects, now = [], 0.0
    while not any(isinstance(effect, Close) for effect in effects):
        now = machine.next_at()
        effects = machine.clock(now)
        for effect in effects:
            if isinstance(effect, SendPing):
                machine.pong(effect.payload, now)
    assert now == 86_400.0


def test_without_pings_nobody_is_cut():
    machine = protocol()
    assert machine.clock(20.0, pings=False) == []
    assert machine.next_at() == 40.0


@given(st.text(max_size=80))
def test_any_text_is_answered(text):
    assert isinstance(answer(protocol(), text), dict)
