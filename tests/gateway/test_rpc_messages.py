"""What the gateway says has a form in the schema, with nothing lost."""

from __future__ import annotations

import msgspec
import pytest
from protobuf import Message

from cryptostream.errors import ProtocolError
from cryptostream.gateway.encoding import Codec, encode_batch, encode_record
from cryptostream.gateway.rpc_messages import event_of, instrument_of, prepared, records_of
from cryptostream.records import Status, Switch, Tick, Trade
from cryptostream.symbols import Listed
from cryptostream.v1 import prices_pb as pb
from tests.gateway.records import status, tick, trade
from tests.gateway.test_http_document import EXAMPLES

TOLD = [one for _, one in EXAMPLES if one.get("t") not in (None, "hello", "close")]


@pytest.mark.parametrize(
    ("ours", "schema", "more"),
    [
        (Tick, pb.Tick, {"conflated", "first"}),
        (Trade, pb.Trade, set()),
        (Status, pb.Status, set()),
        (Switch, pb.Switch, set()),
        (Listed, pb.Instrument, set()),
    ],
)
def test_the_schema_has_every_field_of_ours_and_no_other(ours, schema, more):
    names = getattr(ours, "__struct_fields__", None) or tuple(ours.__dataclass_fields__)
    assert set(schema.__slots__) == set(names) | more


def same(message: Message, fields: dict) -> None:
    """Check that a message says what a map says."""
    for name, value in fields.items():
        if name in ("t", "k", "ok") and not hasattr(message, name):
            continue
        found = getattr(message, name)
        if isinstance(value, dict) and isinstance(found, Message):
            same(found, value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one, each in zip(found, value, strict=True):
                same(one.kind.value if isinstance(one, pb.Record) else one, each)
        elif value is None:
            assert not message.has_field(name)
        else:
            assert found == value


@pytest.mark.parametrize("example", TOLD, ids=lambda one: one["t"])
def test_every_message_of_the_document_has_its_event(example):
    event = event_of(example).event
    assert event.field == example["t"]
    same(event.value, example)


def test_results_have_every_key_that_an_answer_has():
    answers = [result for _, one in EXAMPLES for result in one.get("results", [])]
    for result in answers:
        assert set(result) <= {*pb.TickerResult.__slots__, "records"}
        fields = {key: value for key, value in result.items() if key != "records"}
        event = event_of({"t": "results", "request": 3, "interval_ms": 50, "results": [fields]})
        same(event.event.value.results[0], fields)
        assert (event.event.value.request, event.event.value.interval_ms) == (3, 50)


def test_what_has_no_event_is_an_error():
    with pytest.raises(ProtocolError):
        event_of({"t": "surprise"})
    with pytest.raises(ProtocolError):
        event_of({"re": 1, "ok": True})


def test_bytes_of_the_gateway_become_both_forms_once():
    records = [("tick", tick(3, "1.50")), ("trade", trade(4)), ("status", status(5))]
    parts = [encode_record(Codec.MSGPACK, kind, one, 2, 1) for kind, one in records]
    message = encode_batch(Codec.MSGPACK, parts, 99)
    found = prepared(message)
    batch = found.event.event.value
    assert (batch.ts, [one.kind.field for one in batch.records]) == (
        99,
        ["tick", "trade", "status"],
    )
    first = batch.records[0].kind.value
    assert (first.last, first.seq, first.conflated, first.first) == ("1.50", 3, 2, 1)
    assert not first.has_field("bid")
    assert pb.StreamPricesResponse.from_binary(found.binary) == found.event
    assert pb.StreamPricesResponse.from_json(found.json) == found.event
    assert prepared(bytes(bytearray(message))) is found
    assert found.binary is found.binary


def test_a_key_that_the_schema_does_not_know_is_left_out():
    assert records_of([{"k": "tick", "last": "1", "new_key": 1}])[0].kind.value.last == "1"


def test_an_instrument_has_the_steps_of_its_listing():
    fields = {"symbol": "X:Y", "tick_size": "0.01", "precision": None, "age": 1.5, "trading": True}
    found = instrument_of(fields)
    assert (found.symbol, found.tick_size, found.age, found.trading) == ("X:Y", "0.01", 1.5, True)
    assert not found.has_field("precision")
    assert msgspec.json.decode(found.to_json())["tickSize"] == "0.01"
