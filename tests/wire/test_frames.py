from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.records import Tick
from cryptostream.wire.frames import (
    EMPTY_PAYLOAD,
    Flag,
    Meta,
    decode_meta,
    decode_payload,
    encode_meta,
    encode_payload,
)

NAME = b"tick/BINANCE:BTCUSDT/"
NATURAL = st.integers(0, 2**63 - 1)
# Arrays within arrays, deeper than any decoder can follow.
BOTTOMLESS = b"\x91" * 100_000 + b"\xc0"
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def tick(price: str) -> Tick:
    return Tick(
        symbol="BINANCE:BTCUSDT", source="x", method="dom", ts_observed=1, last=Decimal(price)
    )


@given(NATURAL, NATURAL, NATURAL, NATURAL, st.integers(0, 15))
def test_a_meta_frame_comes_back_as_it_went(epoch, seq, count, ts, flags):
    meta = Meta(1, epoch, seq, count, ts, flags)
    assert decode_meta(encode_meta(meta)) == meta


def test_the_top_of_a_batch_is_its_last_record_and_of_a_heartbeat_what_it_says():
    assert Meta(1, 1, 10, 3, 0, 0).top == 12
    assert Meta(1, 1, 10, 0, 0, int(Flag.HEARTBEAT)).top == 10


def test_elements_that_a_later_minor_version_appends_are_ignored():
    longer = msgspec.msgpack.encode([1, 2, 3, 4, 5, 6, "new", {"also": "new"}])
    assert decode_meta(longer) == Meta(1, 2, 3, 4, 5, 6)


@given(st.integers(-(2**63), 2**64 - 1).filter(lambda version: version != 1))
def test_another_version_is_refused_with_its_own_code(version):
    with pytest.raises(ProtocolError) as caught:
        decode_meta(msgspec.msgpack.encode([version, 1, 1, 1, 1, 0]))
    assert caught.value.code == "bad_version"
    assert caught.value.hint


@pytest.mark.parametrize("fields", [[1, 1, -1, 1, 1, 0], [1, 1, 1, -1, 1, 0]])
def test_a_negative_sequence_or_count_is_refused(fields):
    with pytest.raises(ProtocolError):
        decode_meta(msgspec.msgpack.encode(fields))


@given(st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode)))
def test_any_bytes_are_a_meta_frame_or_the_coded_error(frame):
    try:
        meta = decode_meta(frame)
    except ProtocolError:
        return
    assert meta.version == 1
    assert meta.seq >= 0


@pytest.mark.parametrize("name", [NAME, b"trade/A:BC/", b"status/A:BC/", b"bar/1s/A:BC/", b"\xff"])
@given(st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode)))
def test_any_bytes_are_a_payload_or_the_coded_error(name, payload):
    try:
        records = decode_payload(name, payload)
    except ProtocolError:
        return
    assert isinstance(records, list)


@pytest.mark.parametrize(
    ("decode", "frame"),
    [
        (decode_meta, b"\x97\x01\x01\x01\x01\x01\x01" + BOTTOMLESS),
        (lambda frame: decode_payload(NAME, frame), b"\x91\x81\xa1x" + BOTTOMLESS),
    ],
)
def test_bottomless_nesting_in_what_is_skipped_is_refused(decode, frame):
    with pytest.raises(ProtocolError):
        decode(frame)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False), max_size=5))
def test_the_records_of_a_payload_come_back_in_order(prices):
    records = [tick(str(price)) for price in prices]
    assert decode_payload(NAME, encode_payload(records)) == records


def test_the_empty_payload_holds_no_records():
    assert decode_payload(NAME, EMPTY_PAYLOAD) == []


def test_a_record_with_an_unknown_key_is_read_without_it():
    payload = msgspec.msgpack.encode([{**msgspec.to_builtins(tick("1")), "colour": "red"}])
    assert decode_payload(NAME, payload) == [tick("1")]


def test_a_record_without_its_price_is_refused():
    fields = msgspec.to_builtins(tick("1"))
    del fields["last"]
    with pytest.raises(ProtocolError):
        decode_payload(NAME, msgspec.msgpack.encode([fields]))
