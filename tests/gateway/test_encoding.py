"""Records are spliced into batches; what comes out is read by implementations that are not ours."""

import json

import msgpack
import msgspec
import pytest

from cryptostream.gateway.encoding import Codec, encode_batch, encode_message, encode_record
from tests.gateway.records import status, tick, trade


def read(codec, body):
    return json.loads(body) if codec is Codec.JSON else msgpack.unpackb(body)


@pytest.mark.parametrize("codec", Codec)
def test_a_record_has_its_own_keys_and_its_kind(codec):
    for kind, record in (("tick", tick(4)), ("trade", trade(5)), ("status", status(6))):
        found = read(codec, encode_record(codec, kind, record))
        assert found == {"k": kind, **msgspec.to_builtins(record)}


@pytest.mark.parametrize("codec", Codec)
def test_a_record_of_many_keys_says_what_is_merged_into_it(codec):
    more = dict.fromkeys(("bid", "ask", "change", "change_percent", "volume"), tick(1).last)
    full = tick(9, ts_source=3, simulated=True, venue="V", currency="USD", rule="r", **more)

    found = read(codec, encode_record(codec, "tick", full, 3, 6))

    assert found == {"k": "tick", "conflated": 3, "first": 6, **msgspec.to_builtins(full)}
    assert len(found) > 15


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("count", [0, 1, 15, 16, 65_535, 65_536])
def test_a_batch_holds_its_records(codec, count):
    records = [encode_message(codec, {"n": 1})] * count

    found = read(codec, encode_batch(codec, records, 1768471261123456789))

    assert found == {"t": "batch", "ts": 1768471261123456789, "records": [{"n": 1}] * count}
